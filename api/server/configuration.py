"""How uvicorn runs the api."""

from __future__ import annotations

import asyncio
import resource
from typing import Any

import uvicorn
import uvloop
from fastapi import FastAPI

from api.server.connections import Connections
from api.server.protocol import Bounds, bounded_protocol
from api.server.tls import server_context
from jobs.process.settings import STOP_SECONDS, ApiSettings, ServerSettings


class HandshakeLoop(uvloop.Loop):
    """An event loop whose servers limit the time of a TLS handshake; uvicorn has no option."""

    handshake_seconds = 10.0

    async def create_server(  # type: ignore[override] # it has many overloads
        self, *args: Any, **kwargs: Any
    ) -> asyncio.AbstractServer:
        if kwargs.get("ssl") is not None:
            kwargs.setdefault("ssl_handshake_timeout", self.handshake_seconds)
        return await super().create_server(*args, **kwargs)


def server_config(app: FastAPI, api: ApiSettings, server: ServerSettings) -> uvicorn.Config:
    """The configuration of the process's server. Raises `TlsFilesInvalid`."""
    connections = Connections(
        server.max_connections, server.max_connections_per_client, api.trusted_proxies
    )
    bounds = Bounds(
        head_seconds=server.header_timeout_seconds,
        head_bytes=server.header_max_bytes,
        write_seconds=server.write_timeout_seconds,
    )
    config = uvicorn.Config(
        app,
        host=api.host,
        port=api.port,
        loop=f"{__name__}:{HandshakeLoop.__name__}",
        http=bounded_protocol(bounds, connections),
        ws="none",
        access_log=False,
        log_config=None,
        server_header=False,
        # Otherwise uvicorn replaces the address itself: see api/requests/client_address.py.
        proxy_headers=False,
        timeout_keep_alive=server.keep_alive_seconds,
        timeout_graceful_shutdown=STOP_SECONDS,
    )
    context = server_context(server.tls_certificate, server.tls_key, server.tls_client_ca)
    if context is not None:
        config.ssl_context_factory = lambda *_: context
    return config


def allow_many_connections() -> None:
    """Raise the process's limit of open files to what the system allows: often 1,024 else."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
