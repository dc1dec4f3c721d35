"""Word, Excel and OpenDocument containers: parts, styles, numbering and text."""
