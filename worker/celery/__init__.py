"""Everything that adapts Celery."""
