"""The console: pages for people, rendered here, at `/console`.

Each subject is a module with a `router`; `access.py` says who may open what. The pages call the
same functions of `jobs` as the routes of `/v1`.
"""
