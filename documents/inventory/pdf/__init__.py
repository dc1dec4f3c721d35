"""Everything in a PDF that can hold text."""
