"""Limits on the requests in flight on an engine."""
