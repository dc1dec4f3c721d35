"""Backups: a copy of all data of a running system in one folder, and its way back."""
