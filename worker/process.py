"""The process of a role: its module, imported by the role's name."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module

import structlog

from jobs.ledger import UnsafeServer
from jobs.model.problems import ProblemError
from jobs.process.environment import warn_of_unknown_variables
from jobs.process.logs import set_up_logs

# Only the role's module is imported: a health check runs often and must be cheap.
ROLES = ("worker", "courier", "scheduler", "flower", "health")
# Deprecated: accepted for one more release.
RENAMED_ROLES = {"clerk": "scheduler"}

log = structlog.get_logger()


def load_role(name: str) -> Callable[[], None]:
    """A function that runs the role until SIGTERM or SIGINT. Exits if there is no such role.

    It exits with status 1 and one line if the process cannot start with its Redis.
    """
    role = RENAMED_ROLES.get(name, name)
    if role not in ROLES:
        sys.exit(f"usage: python -m worker {{{'|'.join(ROLES)}}}")
    set_up_logs(role)
    if role != name:
        log.warning("role.renamed", old=name, new=role)
    warn_of_unknown_variables()
    module = import_module(f"worker.roles.{role}")

    def run() -> None:
        try:
            module.main()
        except (ProblemError, UnsafeServer) as error:  # the server, at the start
            sys.exit(str(error))

    return run
