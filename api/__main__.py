"""`python -m api`: runs the HTTP api until SIGTERM or SIGINT."""

from __future__ import annotations

import sys
from dataclasses import replace
from socket import socket
from types import FrameType

import uvicorn

from api.app import AppSettings, create_app
from api.metrics_token import metrics_token
from api.server.configuration import allow_many_connections, server_config
from api.server.tls import TlsFilesInvalid
from jobs.accounts.oidc.provider import ProviderSettingsInvalid
from jobs.process.data_dir import open_or_exit
from jobs.process.department_tasks import offer_or_exit
from jobs.process.environment import read_or_exit, warn_of_unknown_variables
from jobs.process.logs import set_up_logs
from jobs.process.settings import STOP_SECONDS, TaskSettings
from jobs.process.tracing import set_up_tracing
from jobs.process.watchdog import STOP_MARGIN_SECONDS, Watchdog


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
    open_or_exit(settings.store, settings.audit)
    settings = _with_metrics_token(settings)
    allow_many_connections()
    set_up_tracing("api")
    try:
        config = server_config(create_app(settings), settings.api, settings.server)
    except (TlsFilesInvalid, ProviderSettingsInvalid) as error:
        sys.exit(str(error))
    watchdog = Watchdog("api", settings.store.data_dir, STOP_SECONDS + STOP_MARGIN_SECONDS)
    server = WatchedServer(config, watchdog)
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
