"""How to reach Redis."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

from pydantic import (
    Field,
    FilePath,
    SecretStr,
    field_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from jobs.process.settings.types import EMPTY_IS_UNSET


class RedisSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="CHANCERY_REDIS_")

    url: SecretStr = Field(
        SecretStr("redis://127.0.0.1:6379/0"),
        description="The Redis or Valkey server, with the user and password if it asks for them; "
        "`rediss://` for TLS. With Sentinels the host is the name of the group that they watch.",
    )
    sentinels: tuple[str, ...] = Field(
        (),
        description='The Sentinels that know the primary server: `["10.0.0.1:26379", ...]`: '
        "[operations.md](operations.md#several-redis-servers).",
    )
    sentinel_password_file: Annotated[FilePath | None, EMPTY_IS_UNSET] = Field(
        None, description="A file with the password of the Sentinels, if they ask for one."
    )
    wait_replicas: int = Field(
        0,
        ge=0,
        description="How many replicas must have what is accepted before it is acknowledged "
        "(`WAIT`). While fewer do, submissions are answered 503.",
    )
    password_file: Annotated[FilePath | None, EMPTY_IS_UNSET] = Field(
        None, description="A file with the password, if it is not in the URL."
    )
    ca_file: Annotated[FilePath | None, EMPTY_IS_UNSET] = Field(
        None,
        description="The certificates that the server's certificate is checked with. Default: "
        "those of the system.",
    )
    cert_file: Annotated[FilePath | None, EMPTY_IS_UNSET] = Field(
        None, description="The certificate that this process shows to the server."
    )
    key_file: Annotated[FilePath | None, EMPTY_IS_UNSET] = Field(
        None, description="The private key of that certificate."
    )
    allow_volatile: bool = Field(
        False,
        description="Start even if Redis does not persist data. Accepted jobs can then be lost.",
    )
    rewrite_minutes: float = Field(
        30,
        gt=0,
        le=55,
        description="How often Redis's append-only file is rewritten at most, so that it no longer "
        "has what was deleted. It is only if anything was.",
    )

    @field_validator("url")
    @classmethod
    def _url_is_valid(cls, url: SecretStr) -> SecretStr:
        parts = urlsplit(url.get_secret_value())
        if parts.scheme not in ("redis", "rediss", "unix") or not (parts.hostname or parts.path):
            raise ValueError("it must be redis://HOST:PORT/0, rediss://HOST:PORT/0 or unix://PATH")
        return url

    @field_validator("sentinels")
    @classmethod
    def _sentinels_have_ports(cls, sentinels: tuple[str, ...]) -> tuple[str, ...]:
        for each in sentinels:
            host, _, port = each.rpartition(":")
            if not host or not port.isdigit():
                raise ValueError(f"it must be HOST:PORT, and {each} is not")
        return sentinels

    def sentinel_addresses(self) -> list[tuple[str, int]]:
        parts = (each.rpartition(":") for each in self.sentinels)
        return [(host.strip("[]"), int(port)) for host, _, port in parts]

    def sentinel_login(self) -> Mapping[str, Any]:
        """redis-py's arguments for connections to Sentinels. Raises `OSError`."""
        password = self.sentinel_password_file
        return {} if password is None else {"password": password.read_text().strip()}

    @property
    def group(self) -> str:
        """The name by which Sentinels know the servers: the host of the URL, as it is written."""
        host = urlsplit(self.url.get_secret_value()).netloc.rpartition("@")[2]
        return host.partition(":")[0]

    def full_url(self) -> str:
        """The URL with the password of `password_file`. Raises `OSError` if that cannot be read."""
        url = self.url.get_secret_value()
        parts = urlsplit(url)
        if self.password_file is None or parts.password:
            return url
        password = quote(self.password_file.read_text().strip(), safe="")
        host = parts.netloc.rpartition("@")[2]
        return parts._replace(netloc=f"{parts.username or ''}:{password}@{host}").geturl()

    def tls(self) -> Mapping[str, Any]:
        """redis-py's arguments for TLS; empty for a `redis://` URL. The server's certificate and
        name are always checked.
        """
        if not self.url.get_secret_value().startswith("rediss:"):
            return {}
        files = {
            "ssl_ca_certs": self.ca_file,
            "ssl_certfile": self.cert_file,
            "ssl_keyfile": self.key_file,
        }
        named = {name: str(path) for name, path in files.items() if path is not None}
        return {"ssl_cert_reqs": ssl.CERT_REQUIRED, "ssl_check_hostname": True, **named}
