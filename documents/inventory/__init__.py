"""Everything in a file that can hold text."""
