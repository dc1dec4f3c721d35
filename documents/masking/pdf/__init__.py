"""Writes a PDF anew with parts of its text replaced."""
