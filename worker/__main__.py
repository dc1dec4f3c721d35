"""`python -m worker ROLE`: the process of that role, until SIGTERM or SIGINT."""

from __future__ import annotations

import gc
import sys
from importlib import import_module

from jobs.process.logs import set_up_logs

# Only the module of the role is loaded: a health check runs often and should be cheap.
ROLES = {
    "clerk": "scheduler",
    "courier": "courier",
    "flower": "flower",
    "health": "health",
    "worker": "worker",
}


def main() -> None:
    if len(sys.argv) < 2 or sys.argv[1] not in ROLES:
        sys.exit(f"usage: python -m worker {{{'|'.join(ROLES)}}}")
    role = sys.argv[1]
    set_up_logs(role)
    module = import_module(f"worker.roles.{ROLES[role]}")
    # What was imported stays: looking through it for garbage held up all threads for 0.1 s a time.
    gc.freeze()
    module.main()


if __name__ == "__main__":
    main()
