"""What `python -m worker ROLE` runs: one module a role."""
