"""The audit record: who did what, from where, in a chain of lines that cannot be changed unseen."""
