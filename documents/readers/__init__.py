"""One reader a format: its media types and `read`."""
