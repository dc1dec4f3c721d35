"""One module for each role of `python -m worker ROLE`."""
