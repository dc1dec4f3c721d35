"""The process of the HTTP api: its server, created from the settings."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from socket import socket
from types import FrameType

import uvicorn

from api.app import AppSettings, create_app
from api.metrics.shared import share_metrics
from api.metrics.token import metrics_token
from api.server.configuration import allow_many_connections, server_config
from api.server.listening import shared_sockets
from api.server.tls import TlsFilesInvalid
from jobs.accounts.oidc.problems import ProviderSettingsInvalid
from jobs.process.data_dir import API_METRICS, open_or_exit
from jobs.process.department_tasks import offer_or_exit
from jobs.process.environment import read_or_exit, warn_of_unknown_variables
from jobs.process.settings import STOP_SECONDS, TaskSettings
from jobs.process.tracing import set_up_tracing
from jobs.process.watchdog import STOP_MARGIN_SECONDS, Watchdog, process_label


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


@dataclass(frozen=True, slots=True)
class Process:
    """The server of this process; `sockets` are those on which it listens if it shares a port."""

    server: WatchedServer
    sockets: list[socket] | None

    def run(self) -> None:
        """Answer requests until SIGTERM or SIGINT. Exits with status 1 if the server cannot start,
        whose reason uvicorn has logged.
        """
        self.server.run(self.sockets)
        if not self.server.started:
            sys.exit(1)


def create_process() -> Process:
    """Exits with status 1 and one line for settings and folders that cannot be used."""
    warn_of_unknown_variables()
    offer_or_exit(read_or_exit(TaskSettings))
    settings = read_or_exit(AppSettings)
    open_or_exit(settings.store, settings.audit)
    settings = _with_metrics_token(settings)
    settings, sockets = _shared(settings)
    allow_many_connections()
    set_up_tracing("api")
    try:
        config = server_config(create_app(settings), settings.api, settings.server)
    except (TlsFilesInvalid, ProviderSettingsInvalid) as error:
        sys.exit(str(error))
    watchdog = Watchdog("api", settings.store.data_dir, STOP_SECONDS + STOP_MARGIN_SECONDS)
    return Process(WatchedServer(config, watchdog), sockets)


def _shared(settings: AppSettings) -> tuple[AppSettings, list[socket] | None]:
    """Prepare to share the port with other api processes, where there are several.

    Each process has its part of the limits that it counts for itself.
    """
    api, server = settings.api, settings.server
    if api.processes == 1:
        return settings, None
    try:
        share_metrics(settings.store.data_dir / API_METRICS, process_label("api"))
        sockets = list(shared_sockets(api.host, api.port))
    except OSError as error:
        sys.exit(f"The api cannot share port {api.port} of {api.host}: {error}.")
    parts = api.processes
    per_client = server.max_connections_per_client
    shared = replace(
        settings,
        api=api.model_copy(update={"failed_keys": _part(api.failed_keys, parts)}),
        server=server.model_copy(
            update={
                "max_connections": _part(server.max_connections, parts),
                "max_connections_per_client": _part(per_client, parts),
            }
        ),
    )
    return shared, sockets


def _part(whole: int, parts: int) -> int:
    return max(1, whole // parts)


def _with_metrics_token(settings: AppSettings) -> AppSettings:
    try:
        token = metrics_token(settings.api, settings.store.data_dir)
    except OSError as error:
        sys.exit(
            f"The token of /metrics cannot be stored: {error}. Make the data dir writable, or set "
            "CHANCERY_API_METRICS_TOKEN."
        )
    return replace(settings, api=settings.api.model_copy(update={"metrics_token": token}))
