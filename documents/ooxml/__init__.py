"""Word, Excel and OpenDocument containers: their parts, styles, numbering and text."""
