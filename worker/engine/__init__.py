"""The client to an engine."""
