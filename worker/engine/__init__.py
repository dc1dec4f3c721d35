"""The client of an engine."""
