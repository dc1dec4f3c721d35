"""Settings of the api's HTTP server: bounds of its connections, and TLS."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from jobs.process.settings.types import EMPTY_IS_UNSET

# How long requests may take to end after SIGTERM.
STOP_SECONDS = 10


class ServerSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="CHANCERY_API_")

    max_connections: int = Field(
        2_048, ge=1, le=1_000_000, description="The most open connections; others get 503."
    )
    max_connections_per_client: int = Field(
        256,
        ge=1,
        le=1_000_000,
        description="The most open connections from one address (IPv6: one /64 network), trusted "
        "proxies excepted.",
    )
    header_timeout_seconds: float = Field(
        10, gt=0, le=60, description="A request's header fields must arrive within this time."
    )
    header_max_bytes: int = Field(
        64 * 1024,
        ge=8 * 1024,
        le=1024 * 1024,
        description="The largest request line with header fields.",
    )
    body_min_bytes_per_second: int = Field(
        1_024,
        ge=1,
        le=1024 * 1024,
        description="A body that arrives more slowly over ten seconds is refused with 408.",
    )
    # Longer than clients and proxies keep theirs (httpx 5 s, aiohttp 15 s, nginx 60 s): one that
    # uses a connection just while the api closes it loses its request.
    keep_alive_seconds: int = Field(
        75,
        ge=1,
        le=3_600,
        description="An idle connection is closed after this time, and earlier if a new one needs "
        "its place. Must be longer than clients and proxies keep theirs.",
    )
    write_timeout_seconds: float = Field(
        60,
        gt=0,
        le=3_600,
        description="A client that does not read its response for this time is disconnected.",
    )
    tls_certificate: Annotated[Path | None, EMPTY_IS_UNSET] = Field(
        None,
        description="PEM file with the api's certificate and its intermediates. With it the api "
        "answers HTTPS only.",
    )
    tls_key: Annotated[Path | None, EMPTY_IS_UNSET] = Field(
        None, description="PEM file with the certificate's private key, without a password."
    )
    tls_client_ca: Annotated[Path | None, EMPTY_IS_UNSET] = Field(
        None,
        description="PEM file with the CAs of client certificates. If set, every client must have "
        "one, health checks included.",
    )
