"""Set up at the start of a process: settings, logging, departments' own tasks."""
