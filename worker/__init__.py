"""The processes worker, courier and scheduler, and the commands that start and inspect them."""
