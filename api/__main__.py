"""`python -m api`: runs the HTTP api until SIGTERM or SIGINT."""

from __future__ import annotations

from jobs.process.collector import collecting_later
from jobs.process.logs import set_up_logs


def main() -> None:
    set_up_logs("api")
    with collecting_later():
        from api.process import create_process  # noqa: PLC0415 - not collected

        process = create_process()
    process.run()


if __name__ == "__main__":
    main()
