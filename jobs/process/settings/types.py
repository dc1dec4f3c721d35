"""Types of settings."""

from __future__ import annotations

import json
import re
from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
)
from pydantic_settings import NoDecode

MIB = 1024 * 1024
EMPTY_IS_UNSET = BeforeValidator(lambda value: value or None)
Network = IPv4Network | IPv6Network


def listed(value: Any) -> Any:
    """A list that is written as JSON or with commas."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        return json.loads(value)
    return [part.strip() for part in value.split(",") if part.strip()]


def _http_url(value: str) -> str:
    try:
        parts = urlsplit(value)
        valid = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # a wrong port or IPv6 address
        valid = False
    if not valid:
        raise ValueError("it must be http://HOST:PORT or https://HOST:PORT")
    return value.rstrip("/")


def _s3_url(value: str) -> str:
    if not _S3_URL.fullmatch(value):
        raise ValueError("it must be s3://BUCKET/PREFIX")
    return value.rstrip("/")


_S3_URL = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9._-]+)*/?")
PATH_PREFIX = r"^((/[A-Za-z0-9._~-]+){1,8})?$"
S3Url = Annotated[str, AfterValidator(_s3_url)]
HttpUrl = Annotated[str, AfterValidator(_http_url)]
Networks = Annotated[tuple[Network, ...], NoDecode, BeforeValidator(listed)]
