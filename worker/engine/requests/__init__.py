"""Requests to an engine and its responses."""
