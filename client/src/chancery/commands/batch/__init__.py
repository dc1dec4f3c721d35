"""`chancery batch`: many jobs submitted as one."""
