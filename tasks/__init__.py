"""The tasks: kinds of work on a document. Independent of HTTP, Redis and Celery."""

# The import path of the work on files, which only the processes of a pool load.
FILE_WORK_PATH = "tasks.file_work:FILE_WORK"
