"""Every place in a file that can hold text."""
