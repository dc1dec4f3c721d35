"""Asking a model: schemas, splitting documents, and reading answers."""
