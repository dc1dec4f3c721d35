"""Everything in a package that can hold text: Office files, OFD and other ZIP containers."""
