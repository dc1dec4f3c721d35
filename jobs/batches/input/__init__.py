"""The input file of a batch: reading, checking and indexing its lines."""
