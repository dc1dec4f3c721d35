"""The model of an engine: its family, how it reasons, its version."""
