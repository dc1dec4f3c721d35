"""Text read from pictures."""
