"""What bounds a caller: quotas, refused submissions, wrong API keys."""
