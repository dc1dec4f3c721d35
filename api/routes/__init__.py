"""The addresses of the api: one file a subject."""
