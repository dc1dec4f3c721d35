"""Submitting documents, following them, and their results."""
