"""Page layout for PDF, OFD and OCR: lines, blocks, tables and reading order."""
