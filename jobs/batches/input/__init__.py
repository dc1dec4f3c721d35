"""A batch's input file: its lines, read, checked and indexed."""
