"""Test doubles for tests and measurements: an engine, a Redis server, documents."""
