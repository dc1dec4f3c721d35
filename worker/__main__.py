"""`python -m worker ROLE`: the process of that role, until SIGTERM or SIGINT."""

from __future__ import annotations

import sys

from jobs.logs import set_up_logs
from jobs.settings import FlowerSettings, StoreSettings
from worker import clerk, courier, flower, health, worker

ROLES = {
    "worker": worker.main,
    "courier": courier.main,
    "clerk": clerk.main,
    "flower": lambda: flower.become_flower(FlowerSettings(), StoreSettings().data_dir),
    "health": health.main,
}


def main() -> None:
    if len(sys.argv) < 2 or sys.argv[1] not in ROLES:
        sys.exit(f"usage: python -m worker {{{'|'.join(ROLES)}}}")
    role = sys.argv[1]
    set_up_logs(role)
    ROLES[role]()


if __name__ == "__main__":
    main()
