"""Everything in a picture file that can hold text."""
