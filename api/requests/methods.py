"""HEAD wherever GET works, and the methods of a path (RFC 9110, 9.3.2 and 10.2.1)."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

IS_HEAD = "chancery.head"


class HeadAsGet:
    """Answers HEAD as GET, without the content. Routes find `IS_HEAD` in the scope, so that they
    need not read what is not sent.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        ended = False

        async def send_head(message: Message) -> None:
            nonlocal ended
            if message["type"] == "http.response.start":
                await send(message)
            elif not ended:
                ended = True
                await send({"type": "http.response.body", "body": b"", "more_body": False})

        as_get = {**scope, "method": "GET", IS_HEAD: True}
        try:
            await self._app(as_get, receive, send_head)
        finally:
            # For the metrics and other middleware outside.
            scope["route"], scope["path_params"] = (
                as_get.get("route"),
                as_get.get("path_params", {}),
            )


def allowed_methods(routers: Sequence[APIRouter], scope: Scope) -> Sequence[str]:
    """All methods of the path in `scope`, in alphabetical order."""
    methods: set[str] = set()
    for router in routers:
        for route in router.routes:
            if isinstance(route, Route) and route.matches(scope)[0] is not Match.NONE:
                methods |= route.methods or set()
    if "GET" in methods:
        methods.add("HEAD")
    return sorted(methods)
