"""The console: pages for people, rendered here, at `/console`.

Each subject is a module with a `router`; `access.py` says who may open what. The pages call the
same functions of `jobs` as the routes of `/v1`.
"""

from __future__ import annotations

from api.console import (
    approvals,
    callbacks,
    cancel,
    departments,
    health,
    not_found,
    provider,
    records,
    sign_in,
    submit,
)

SUBJECTS = (
    sign_in,
    provider,
    submit,
    records,
    approvals,
    health,
    callbacks,
    departments,
    cancel,
    not_found,
)
"""`not_found` is the last: it answers all other addresses."""
