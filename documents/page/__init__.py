"""What stands where on a page: lines, blocks, tables and reading order, for PDF, OFD and OCR."""
