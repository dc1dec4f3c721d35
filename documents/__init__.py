"""Documents: bytes to text with positions, and text back into files. Knows no task."""
