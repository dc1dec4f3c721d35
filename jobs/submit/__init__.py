"""Submission of jobs: check the request, keep the document, keep the job."""
