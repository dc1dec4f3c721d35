"""The way in: a request is checked, its document kept, its job kept."""
