"""Batches in the scheduler's hands: read, released, written out."""
