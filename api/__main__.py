"""`python -m api`: runs the HTTP api until SIGTERM or SIGINT."""

from __future__ import annotations

import uvicorn

from api.app import AppSettings, create_app
from jobs.process.data_dir import open_or_exit
from jobs.process.department_tasks import offer_or_exit
from jobs.process.logs import set_up_logs
from jobs.process.settings import TaskSettings

STOP_SECONDS = 10


def main() -> None:
    set_up_logs("api")
    offer_or_exit(TaskSettings())
    settings = AppSettings()
    open_or_exit(settings.store)
    uvicorn.run(
        create_app(settings),
        host=settings.api.host,
        port=settings.api.port,
        loop="uvloop",
        http="httptools",
        ws="none",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=STOP_SECONDS,
    )


if __name__ == "__main__":
    main()
