"""`python -m api`: runs the HTTP api until SIGTERM or SIGINT."""

from __future__ import annotations

import sys
from dataclasses import replace

import uvicorn

from api.app import AppSettings, create_app
from api.metrics_token import metrics_token
from api.server.configuration import allow_many_connections, server_config
from api.server.tls import TlsFilesInvalid
from jobs.process.data_dir import open_or_exit
from jobs.process.department_tasks import offer_or_exit
from jobs.process.logs import set_up_logs
from jobs.process.settings import TaskSettings


def main() -> None:
    set_up_logs("api")
    offer_or_exit(TaskSettings())
    settings = AppSettings()
    open_or_exit(settings.store)
    settings = _with_metrics_token(settings)
    allow_many_connections()
    try:
        config = server_config(create_app(settings), settings.api, settings.server)
    except TlsFilesInvalid as error:
        sys.exit(str(error))
    server = uvicorn.Server(config)
    server.run()
    if not server.started:  # uvicorn has logged the reason
        sys.exit(1)


def _with_metrics_token(settings: AppSettings) -> AppSettings:
    try:
        token = metrics_token(settings.api, settings.store.data_dir)
    except OSError as error:
        sys.exit(
            f"The token of /metrics cannot be stored: {error}. Make the data dir writable, or set "
            "CHANCERY_API_METRICS_TOKEN."
        )
    return replace(settings, api=settings.api.model_copy(update={"metrics_token": token}))


if __name__ == "__main__":
    main()
