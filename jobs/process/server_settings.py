"""Settings of the api's HTTP server: bounds of its connections, and TLS."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from jobs.process.settings import EMPTY_IS_UNSET


class ServerSettings(BaseSettings):
    """Raises `ValidationError` for TLS settings that are not complete."""

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
    keep_alive_seconds: int = Field(
        5, ge=1, le=3_600, description="An idle connection is closed after this time."
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

    @model_validator(mode="after")
    def _tls_is_complete(self) -> ServerSettings:
        if (self.tls_certificate is None) != (self.tls_key is None):
            missing = "KEY" if self.tls_key is None else "CERTIFICATE"
            raise ValueError(f"CHANCERY_API_TLS_{missing} is missing: set both, or neither")
        if self.tls_client_ca is not None and self.tls_certificate is None:
            raise ValueError(
                "CHANCERY_API_TLS_CLIENT_CA needs CHANCERY_API_TLS_CERTIFICATE and _KEY"
            )
        return self
