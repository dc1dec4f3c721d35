"""Reads a masked file again and searches it for masked values."""
