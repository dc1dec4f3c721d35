"""The tasks: kinds of work on a document. Independent of HTTP, Redis and Celery."""
