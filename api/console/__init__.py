"""The console: pages for people, rendered here, at `/console`.

Each kind of page has a package, each subject in it a module with a `router`; `access.py` says who
may open what. The pages call the same functions of `jobs` as the routes of `/v1`.
"""

from __future__ import annotations

from api.console import home, not_found
from api.console.approvals import review
from api.console.operators import callbacks, cancel, departments, health
from api.console.sign_in import password, provider
from api.console.staff import records, submit

SUBJECTS = (
    home,
    password,
    provider,
    submit,
    records,
    review,
    health,
    callbacks,
    departments,
    cancel,
    not_found,
)
"""`not_found` is the last: it answers all other addresses."""
