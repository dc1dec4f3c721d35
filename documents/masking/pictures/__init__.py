"""Masks pictures, alone and inside other files."""
