"""Formats that operators describe in TOML files."""
