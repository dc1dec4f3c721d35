"""Writes a copy of a file in the same format with parts of its text replaced."""
