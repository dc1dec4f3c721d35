"""The scheduler's work on batches: read input files, release jobs, write output files."""
