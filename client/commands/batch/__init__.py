"""`chancery batch`: many jobs, submitted and collected as one."""
