"""Batches: files with many jobs that are submitted and collected together."""
