"""Departments' own tasks: one YAML file a task, in a folder that is read when a process starts."""
