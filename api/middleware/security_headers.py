"""Middleware: response headers that keep browsers from misusing a response."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Names in lower case, as uvicorn writes them. The pages, /docs and /console, set their own policy.
SECURITY_HEADERS: Mapping[str, str] = {
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; "
    "form-action 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
}
_PRIVATE = ("/v1", "/console")
_FIELDS = [(name.encode(), value.encode()) for name, value in SECURITY_HEADERS.items()]
_PRIVATE_FIELDS = [*_FIELDS, (b"cache-control", b"no-store")]


class SecurityHeaders:
    """Adds `SECURITY_HEADERS` where a route has not set its own, and forbids caches to store
    what departments and people get.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = message["headers"]
                names = {name for name, _ in own}
                added = _PRIVATE_FIELDS if _is_private(scope) else _FIELDS
                message["headers"] = [*own, *(one for one in added if one[0] not in names)]
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _is_private(scope: Scope) -> bool:
    path: str = scope["path"]
    path = path.removeprefix(scope.get("root_path", ""))
    return any(path == one or path.startswith(f"{one}/") for one in _PRIVATE)
