"""Finders of personal data in a text, by kind."""
