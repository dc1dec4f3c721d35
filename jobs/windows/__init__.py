"""Calendar windows: when bulk work may run."""
