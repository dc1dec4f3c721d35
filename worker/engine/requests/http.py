"""HTTP requests to an engine. Responses are read whole, up to a limit.

They use a client of our own: see `docs/decisions/http-client.md` for what a request costs.
"""

from __future__ import annotations

import socket
import ssl
from base64 import b64encode
from functools import lru_cache

import httpx
from yarl import URL

from jobs.process.spans import TRACEPARENT
from worker.http.client import Endpoint, HttpClient, header_lines
from worker.http.connection import Body, ConnectionLost, Response

CONNECT_TIMEOUT_SECONDS = 5.0
# Far above the answers that tasks use. An engine that was taken over could send without end.
RESPONSE_MAX_BYTES = 64 * 1024 * 1024


class ConnectionFailed(Exception):
    """The connection failed, or the response is not HTTP. The message may name addresses."""


class NotSent(ConnectionFailed):
    """There is no connection: the engine has not seen the request."""


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
        base = url.rstrip("/").removesuffix("/v1")
        parsed = URL(base)
        host = parsed.raw_host or ""
        tls = httpx.create_ssl_context() if parsed.scheme == "https" else None
        self._endpoint = Endpoint(host, parsed.port or 0, host, tls)
        self._fields = _fields(parsed, api_key)
        self._target = lru_cache(64)(lambda path: URL(base + path).raw_path_qs)
        self._body = Body(max_bytes)
        self._client = HttpClient(connections)

    async def close(self) -> None:
        """Close every connection, which aborts the requests under way."""
        self._client.close()

    async def get(self, path: str) -> Response:
        """Raises `ConnectionFailed`."""
        head = f"GET {self._target(path)} HTTP/1.1\r\n{self._fields}\r\n"
        return await self._request(head.encode())

    async def post(self, path: str, body: bytes, traceparent: str | None = None) -> Response:
        """Post JSON, as a step of a trace if there is one. Raises `ConnectionFailed`."""
        traced = f"{TRACEPARENT}: {traceparent}\r\n" if traceparent else ""
        head = (
            f"POST {self._target(path)} HTTP/1.1\r\n{self._fields}{traced}"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return await self._request(head.encode() + body)

    async def _request(self, request: bytes) -> Response:
        try:
            return await self._client.exchange(
                self._endpoint, request, self._body, connect_seconds=CONNECT_TIMEOUT_SECONDS
            )
        except ConnectionLost as error:
            raise ConnectionFailed(str(error)) from error
        except OSError as error:
            raise NotSent(_reason(error, self._endpoint)) from error


def _reason(error: OSError, endpoint: Endpoint) -> str:
    """What an operator must know; the error's own text does not tell a wrong port from a wrong
    name.
    """
    host, port, why = endpoint.host, endpoint.port, error.strerror or str(error)
    match error:
        case socket.gaierror():
            return f"the host name {host} cannot be resolved ({why})"
        case ssl.SSLCertVerificationError():
            return f"the certificate of {host} is not accepted: {error.verify_message}"
        case ssl.SSLError():
            return (
                f"{host}:{port} does not answer in TLS ({why}): check whether its address begins "
                "with http:// or https://"
            )
        case ConnectionRefusedError():
            return f"nothing listens at {host}:{port}"
        case TimeoutError():
            return f"no connection to {host}:{port} in {CONNECT_TIMEOUT_SECONDS:g} s"
    return f"no connection to {host}:{port} ({why})"


def _fields(url: URL, api_key: str | None) -> str:
    """The header fields of all requests. Raises `ValueError` for a line break in the key."""
    fields = [("Host", url.host_port_subcomponent or ""), ("User-Agent", "chancery")]
    fields += [("Accept", "*/*"), ("Accept-Encoding", "identity")]
    if api_key:
        fields.append(("Authorization", f"Bearer {api_key}"))
    elif url.user is not None:
        login = b64encode(f"{url.user}:{url.password or ''}".encode()).decode()
        fields.append(("Authorization", f"Basic {login}"))
    return header_lines(*fields)
