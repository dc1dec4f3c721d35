"""What stands in for the real thing in tests and measurements: an engine, a Redis, documents."""
