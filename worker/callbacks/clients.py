"""HTTP clients: a shared one, and one for each department with TLS options of its own."""

from __future__ import annotations

import ssl

import httpx
from aiohttp import ClientSession, DummyCookieJar, TCPConnector
from httpx_aiohttp import AiohttpTransport

from jobs.model.department import CallbackOptions
from worker.callbacks.tls import tls_context

_MOST_OWN = 256


class Clients:
    """HTTP clients without redirects, cookies, proxies from the environment or a DNS cache.

    Must be created on the event loop that uses them.
    """

    def __init__(self, timeout_seconds: float, concurrency: int) -> None:
        self._timeout = timeout_seconds
        self._concurrency = concurrency
        self._shared = self._new(None)
        self._own: dict[tuple[str | None, ...], httpx.AsyncClient] = {}

    async def close(self) -> None:
        for client in (self._shared, *self._own.values()):
            await client.aclose()

    async def of(self, options: CallbackOptions) -> httpx.AsyncClient:
        """The client for these options. It is shared if CAs and certificate are equal.

        Raises `ValueError` if the CA bundle or the certificate cannot be used.
        """
        identity = (options.ca_pem, options.client_cert_pem, options.client_key_pem)
        if identity not in self._own:
            context = tls_context(options)
            if context is None:
                return self._shared
            self._own[identity] = self._new(context)
        client = self._own[identity] = self._own.pop(identity)
        if len(self._own) > _MOST_OWN:
            await self._own.pop(next(iter(self._own))).aclose()
        return client

    def _new(self, context: ssl.SSLContext | None) -> httpx.AsyncClient:
        def session() -> ClientSession:
            connector = TCPConnector(
                limit=self._concurrency,
                use_dns_cache=False,
                ssl=True if context is None else context,
            )
            return ClientSession(connector=connector, cookie_jar=DummyCookieJar(), trust_env=False)

        return httpx.AsyncClient(
            transport=AiohttpTransport(client=session),
            timeout=httpx.Timeout(self._timeout),
            follow_redirects=False,
            trust_env=False,
        )
