"""Readers turn bytes into text with positions."""
