"""Builds documents for tests and measurements."""
