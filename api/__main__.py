"""`python -m api`: runs the HTTP api until SIGTERM or SIGINT."""

from __future__ import annotations

import sys
from socket import socket
from types import FrameType

import uvicorn

from api.app import AppSettings, create_app
from jobs.process.department_tasks import offer_or_exit
from jobs.process.environment import read_or_exit, warn_of_unknown_variables
from jobs.process.logs import set_up_logs
from jobs.process.settings import TaskSettings
from jobs.process.watchdog import STOP_MARGIN_SECONDS, Watchdog

STOP_SECONDS = 10


class WatchedServer(uvicorn.Server):
    """A server whose event loop `watchdog` watches."""

    def __init__(self, config: uvicorn.Config, watchdog: Watchdog) -> None:
        super().__init__(config)
        self._watchdog = watchdog

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await self._watchdog.start()
        await super().startup(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Called by uvicorn for SIGTERM and SIGINT."""
        self._watchdog.begin_stop()
        super().handle_exit(sig, frame)


def main() -> None:
    set_up_logs("api")
    warn_of_unknown_variables()
    offer_or_exit(read_or_exit(TaskSettings))
    settings = read_or_exit(AppSettings)
    config = uvicorn.Config(
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
    watchdog = Watchdog("api", settings.store.data_dir, STOP_SECONDS + STOP_MARGIN_SECONDS)
    server = WatchedServer(config, watchdog)
    server.run()
    if not server.started:
        sys.exit(1)


if __name__ == "__main__":
    main()
