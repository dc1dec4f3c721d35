"""Operators' commands. The command `chancery` finds them by entry point."""
