"""What can be done to a document. Knows nothing of HTTP, Redis or Celery."""
