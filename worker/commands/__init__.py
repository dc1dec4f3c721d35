"""The commands that operators run, registered as entry points of `chancery`."""
