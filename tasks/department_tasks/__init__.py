"""Department tasks: one YAML file for each, read from a folder when a process starts."""
