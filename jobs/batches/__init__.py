"""Batches: files of many jobs, submitted and collected as one."""
