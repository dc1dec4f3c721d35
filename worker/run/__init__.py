"""One run of one job: claim, read, task, end. `runner.py` is the pipeline of these steps."""
