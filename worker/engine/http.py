"""HTTP requests to an engine. Responses are read whole, up to a limit.

It uses aiohttp directly: see `docs/decisions/engine-http.md` for what a request costs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import httpx
from aiohttp import (
    ClientConnectorCertificateError,
    ClientConnectorDNSError,
    ClientConnectorError,
    ClientConnectorSSLError,
    ClientError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    TCPConnector,
)

from jobs.process.spans import TRACEPARENT

CONNECT_TIMEOUT_SECONDS = 5.0
# Less than uvicorn's 5 s, so that it does not close an idle connection that is about to be used.
KEEP_ALIVE_SECONDS = 3.0
# Far above the answers that tasks use. An engine that was taken over could send without end.
RESPONSE_MAX_BYTES = 64 * 1024 * 1024
_JSON = {"Content-Type": "application/json"}


class ConnectionFailed(Exception):
    """The connection failed, or the response is not HTTP. The message may name addresses."""


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    body: bytes


class EngineHttp:
    """A client with at most `connections` connections. Create it on the event loop that uses it.

    `url` may end in `/v1`, as the base URL of OpenAI's clients does.

    A response is cut after `max_bytes`, so that it is no JSON any more and is treated as such.

    It ignores redirects, cookies and the environment's proxies. Cancelling a request closes its
    connection, which aborts the request in the engine.
    """

    def __init__(
        self,
        url: str,
        api_key: str | None,
        connections: int,
        max_bytes: int = RESPONSE_MAX_BYTES,
    ) -> None:
        self._max_bytes = max_bytes
        self._url = url.rstrip("/").removesuffix("/v1")
        tls = httpx.create_ssl_context() if self._url.startswith("https:") else True
        self._session = ClientSession(
            connector=TCPConnector(
                limit=connections, keepalive_timeout=KEEP_ALIVE_SECONDS, ssl=tls
            ),
            cookie_jar=DummyCookieJar(),
            headers={"Authorization": f"Bearer {api_key}"} if api_key else {},
            timeout=ClientTimeout(total=None, sock_connect=CONNECT_TIMEOUT_SECONDS),
            trust_env=False,
        )

    async def close(self) -> None:
        """Close every connection."""
        await self._session.close()

    async def get(self, path: str) -> Response:
        """Raises `ConnectionFailed`."""
        return await self._request("GET", path, None)

    async def post(self, path: str, body: bytes, traceparent: str | None = None) -> Response:
        """Post JSON, as a step of a trace if there is one. Raises `ConnectionFailed`."""
        headers = {**_JSON, TRACEPARENT: traceparent} if traceparent else _JSON
        return await self._request("POST", path, body, headers)

    async def _request(
        self, method: str, path: str, data: bytes | None, headers: Mapping[str, str] | None = None
    ) -> Response:
        try:
            async with self._session.request(
                method,
                self._url + path,
                data=data,
                headers=headers,
                allow_redirects=False,
            ) as response:
                return Response(response.status, await self._body(response))
        except ClientError as error:
            # Includes timeouts of connecting, which must not look like a timeout of the caller.
            raise ConnectionFailed(_reason(error)) from error

    async def _body(self, response: ClientResponse) -> bytes:
        length = response.content_length
        if length is not None and length <= self._max_bytes and not _is_coded(response):
            return await response.read()
        body = bytearray()
        async for chunk in response.content.iter_any():
            body += chunk
            if len(body) > self._max_bytes:
                response.close()
                break
        return bytes(body[: self._max_bytes])


def _reason(error: ClientError) -> str:
    """What an operator must know; aiohttp's texts do not tell a wrong port from a wrong name."""
    match error:
        case ClientConnectorDNSError():
            return f"the host name {error.host} cannot be resolved ({error.strerror})"
        case ClientConnectorCertificateError():
            return f"the certificate of {error.host} is not accepted: {error.certificate_error}"
        case ClientConnectorSSLError():
            return (
                f"{error.host}:{error.port} does not answer in TLS ({error.strerror}): check "
                "whether its address begins with http:// or https://"
            )
        case ClientConnectorError(os_error=ConnectionRefusedError()):
            return f"nothing listens at {error.host}:{error.port}"
        case ClientConnectorError():
            return f"no connection to {error.host}:{error.port} ({error.strerror})"
    return str(error) or type(error).__name__


def _is_coded(response: ClientResponse) -> bool:
    """Whether the body may be longer than its `Content-Length` says."""
    return "Content-Encoding" in response.headers
