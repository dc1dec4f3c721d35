"""Writes a new PDF from a PDF, with parts of its text replaced."""
