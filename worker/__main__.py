"""`python -m worker ROLE`: the process of that role, until SIGTERM or SIGINT."""

from __future__ import annotations

import gc
import sys
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


def main() -> None:
    role = sys.argv[1] if len(sys.argv) > 1 else ""
    role = RENAMED_ROLES.get(role, role)
    if role not in ROLES:
        sys.exit(f"usage: python -m worker {{{'|'.join(ROLES)}}}")
    set_up_logs(role)
    if role != sys.argv[1]:
        log.warning("role.renamed", old=sys.argv[1], new=role)
    warn_of_unknown_variables()
    gc.disable()  # collections take a tenth of the time of the imports
    module = import_module(f"worker.roles.{role}")
    # Scanning the imported modules for garbage blocked all threads for 0.1 s each time.
    gc.freeze()
    gc.enable()
    try:
        module.main()
    except (ProblemError, UnsafeServer) as error:  # the server, at the start
        sys.exit(str(error))


if __name__ == "__main__":
    main()
