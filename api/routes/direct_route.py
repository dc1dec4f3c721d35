"""A route that finds its parameters without FastAPI: for calls that are made often."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.responses import Response

from api.access.authentication import authenticate
from api.requests.idempotency import key_of
from api.services import services_of


class SubmissionRoute(APIRoute):
    """For an endpoint with the parameters `request`, `services`, `department` and `key`, as
    `submit_job` has them.

    FastAPI describes them in the OpenAPI document. It resolves them for each request again, which
    takes longer than all that they do.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        endpoint: Callable[..., Coroutine[Any, Any, Response]] = self.endpoint

        async def handle(request: Request) -> Response:
            services = await services_of(request)
            department = await authenticate(request, services)
            return await endpoint(request, services, department, key_of(request))

        return handle
