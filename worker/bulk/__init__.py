"""Batches in the clerk's hands: read, released, written out."""
