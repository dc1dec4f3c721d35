"""The routes of the api, one module a subject."""
