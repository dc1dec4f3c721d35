"""HTTP to an engine: requests whose answers are read whole.

It is aiohttp itself: see `docs/decisions/engine-http.md` for what a request costs.
"""

from __future__ import annotations

from dataclasses import dataclass

import httpx
from aiohttp import ClientError, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector

CONNECT_TIMEOUT_SECONDS = 5.0
# Below the five seconds after which uvicorn closes an idle connection, perhaps under a request.
KEEP_ALIVE_SECONDS = 3.0
_JSON = {"Content-Type": "application/json"}


class NoAnswer(Exception):
    """The connection failed, or what came on it was no HTTP. The message may name addresses."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes


class EngineHttp:
    """Made on the event loop that uses it, with at most so many `connections`.

    Follows no redirect, keeps no cookie and heeds no proxy of the environment. A request that is
    cancelled closes its connection, which aborts the work on it.
    """

    def __init__(self, url: str, api_key: str | None, connections: int) -> None:
        self._url = url.rstrip("/")
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

    async def get(self, path: str) -> Answer:
        """Raises `NoAnswer`."""
        return await self._ask("GET", path, None)

    async def post(self, path: str, body: bytes) -> Answer:
        """Post JSON. Raises `NoAnswer`."""
        return await self._ask("POST", path, body)

    async def _ask(self, method: str, path: str, data: bytes | None) -> Answer:
        try:
            async with self._session.request(
                method,
                self._url + path,
                data=data,
                headers=_JSON if data is not None else None,
                allow_redirects=False,
            ) as response:
                return Answer(response.status, await response.read())
        except ClientError as error:
            # Some are timeouts as well, of connecting: none of them a caller's.
            raise NoAnswer(str(error) or type(error).__name__) from error
