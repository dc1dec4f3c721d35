"""Requests to the provider, bounded in time and size."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx
from pydantic_core import from_json

from jobs.accounts.oidc.problems import invalid, unavailable

SECONDS = 8.0
MAX_BYTES = 256 * 1024
_CONNECT_SECONDS = 4.0
_CONNECTIONS = 20


@dataclass(frozen=True, slots=True)
class Answer:
    """A response with a JSON object."""

    status: int
    content: Mapping[str, Any]


class ProviderHttp:
    """An HTTP client without redirects, cookies and proxies of the environment.

    `seconds`: for a whole request with its response.
    """

    def __init__(self, tls: ssl.SSLContext, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._http = httpx.AsyncClient(
            verify=tls,
            trust_env=False,
            follow_redirects=False,
            timeout=httpx.Timeout(seconds, connect=min(_CONNECT_SECONDS, seconds)),
            limits=httpx.Limits(max_connections=_CONNECTIONS),
            # A compressed body could expand beyond the limit in one step.
            headers={"Accept": "application/json", "Accept-Encoding": "identity"},
        )

    async def close(self) -> None:
        await self._http.aclose()

    async def get(self, url: str) -> Mapping[str, Any]:
        """A JSON object at `url`. Raises `ProblemError`: `provider-unavailable`,
        `provider-answer-invalid`.
        """
        answer = await self._ask(self._http.build_request("GET", url))
        if answer.status != httpx.codes.OK:
            raise unavailable(f"HTTP {answer.status}")
        return answer.content

    async def post(
        self, url: str, form: Mapping[str, str], authorization: str | None = None
    ) -> Answer:
        """Send a form. Raises as `get`, except for a status below 500."""
        headers = {"Authorization": authorization} if authorization else {}
        request = self._http.build_request("POST", url, data=dict(form), headers=headers)
        answer = await self._ask(request)
        if answer.status >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise unavailable(f"HTTP {answer.status}")
        return answer

    async def _ask(self, request: httpx.Request) -> Answer:
        try:
            async with asyncio.timeout(self._seconds):
                response = await self._http.send(request, stream=True)
                try:
                    body = await _body(response)
                finally:
                    await response.aclose()
        except (TimeoutError, httpx.TimeoutException) as error:
            raise unavailable("it did not answer in time") from error
        except (httpx.HTTPError, ssl.SSLError) as error:
            raise unavailable(str(error)[:200] or type(error).__name__) from error
        return Answer(response.status_code, _object(body, response.status_code))


async def _body(response: httpx.Response) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > MAX_BYTES:
            raise invalid(f"a response is larger than {MAX_BYTES} bytes")
    return bytes(body)


def _object(body: bytes, status: int) -> Mapping[str, Any]:
    """The JSON object of a response; empty if a response that reports an error has none."""
    try:
        content = from_json(body)
    except ValueError:
        content = None
    if isinstance(content, dict):
        return content
    if status == httpx.codes.OK:
        raise invalid("a response is not a JSON object")
    return {}
