"""`python -m api`: the HTTP face, until SIGTERM or SIGINT."""

from __future__ import annotations

import uvicorn

from api.app import create_app
from jobs.process.department_tasks import offer_or_exit
from jobs.process.logs import set_up_logs
from jobs.process.settings import (
    ApiSettings,
    BatchSettings,
    BulkSettings,
    LimitSettings,
    RedisSettings,
    RetentionSettings,
    SecrecySettings,
    StoreSettings,
    TaskSettings,
)

STOP_SECONDS = 10


def main() -> None:
    set_up_logs("api")
    offer_or_exit(TaskSettings())
    settings = ApiSettings()
    app = create_app(
        api=settings,
        redis=RedisSettings(),
        store=StoreSettings(),
        limits=LimitSettings(),
        retention=RetentionSettings(),
        batches=BatchSettings(),
        bulk=BulkSettings(),
        secrecy=SecrecySettings(),
    )
    uvicorn.run(
        app,
        host=settings.host,
        port=settings.port,
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
