"""A file with what identifies people taken out: the same format, nothing left behind."""
