"""Middleware: the path prefix below which a reverse proxy serves the api."""

from __future__ import annotations

import re
from collections.abc import Sequence
from ipaddress import ip_address

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api.requests.client_address import is_trusted
from jobs.process.settings import Network

HEADER = "X-Forwarded-Prefix"
_PREFIX = re.compile(r"(/[A-Za-z0-9._~-]+){1,8}")


class PathPrefix:
    """Sets the scope's `root_path`, from which the addresses in responses are made.

    It is the `X-Forwarded-Prefix` of a trusted proxy, or else the prefix of the settings. The proxy
    may remove the prefix from the path, or leave it.
    """

    def __init__(self, app: ASGIApp, prefix: str, trusted: Sequence[Network]) -> None:
        self._app = app
        self._prefix = prefix
        self._trusted = trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            prefix = self._forwarded(scope) or self._prefix
            if prefix:
                path: str = scope["path"]
                has_prefix = path == prefix or path.startswith(prefix + "/")
                scope["root_path"] = prefix
                scope["path"] = path if has_prefix else prefix + path
        await self._app(scope, receive, send)

    def _forwarded(self, scope: Scope) -> str:
        client = scope.get("client")
        if not (self._trusted and client and _is_trusted(client[0], self._trusted)):
            return ""
        prefix = Headers(scope=scope).get(HEADER, "").strip().rstrip("/")
        return prefix if _PREFIX.fullmatch(prefix) else ""


def root_path(request: Request) -> str:
    """The prefix of all paths as the client sees them; empty without one."""
    return str(request.scope.get("root_path", ""))


def _is_trusted(host: str, trusted: Sequence[Network]) -> bool:
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return is_trusted(getattr(address, "ipv4_mapped", None) or address, trusted)
