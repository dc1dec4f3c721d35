"""Everything in a file that can hold text, other than its visible text."""
