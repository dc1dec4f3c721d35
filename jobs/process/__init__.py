"""What a process has from its start: settings, logs, departments' own tasks."""
