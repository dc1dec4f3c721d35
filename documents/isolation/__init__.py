"""Documents read in processes of their own: for the worker, and for the api."""
