"""`python -m worker ROLE`: the process of that role, until SIGTERM or SIGINT."""

from __future__ import annotations

import sys

from jobs.process.collector import collecting_later


def main() -> None:
    with collecting_later():
        from worker.process import load_role  # noqa: PLC0415 - not collected

        run = load_role(sys.argv[1] if len(sys.argv) > 1 else "")
    run()


if __name__ == "__main__":
    main()
