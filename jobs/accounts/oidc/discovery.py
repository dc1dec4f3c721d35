"""The metadata of the provider (OpenID Connect Discovery 1.0) and its keys (RFC 7517), cached."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key, KeySet

from jobs.accounts.oidc.problems import invalid
from jobs.accounts.oidc.requests import ProviderHttp
from jobs.model.problems import ProblemError

KEEP_SECONDS = 3_600.0
# An ID token with an unknown key has the keys read again, at most so often.
REFRESH_SECONDS = 30.0
# After a failure nothing is asked for so long: visitors must not make a flood of requests.
RETRY_SECONDS = 3.0
_PATH = "/.well-known/openid-configuration"
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_KEY_TYPES = frozenset({"RSA", "EC", "OKP"})
_MOST_KEYS = 100


@dataclass(frozen=True, slots=True)
class Metadata:
    """`end_session_endpoint`: None if the provider offers no sign-out. `basic`: the client sends
    its secret in a header, not in the form.
    """

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str | None
    basic: bool


class Discovery:
    """`plain_http`: allow `http` on other addresses than loopback."""

    def __init__(self, http: ProviderHttp, issuer: str, *, plain_http: bool = False) -> None:
        self._http = http
        self._issuer = issuer
        self._plain_http = plain_http
        self._lock = asyncio.Lock()
        self._metadata: Metadata | None = None
        self._metadata_at = 0.0
        self._keys = KeySet([])
        self._keys_at = 0.0
        self._failure: ProblemError | None = None
        self._failed_at = 0.0

    @property
    def known(self) -> Metadata | None:
        """The metadata, if they were read before."""
        return self._metadata

    async def metadata(self) -> Metadata:
        """The metadata, read again after an hour. Raises `ProblemError`: `provider-unavailable`,
        `provider-answer-invalid`.
        """
        async with self._lock:
            if self._metadata is None or _age(self._metadata_at) > KEEP_SECONDS:
                await self._bounded_read()
            assert self._metadata is not None  # noqa: S101 - read, or an error was raised
            return self._metadata

    async def keys(self, *, refresh: bool = False) -> KeySet:
        """The keys that sign ID tokens. With `refresh` they are read again, unless that was done
        within the last 30 s. Raises as `metadata`.
        """
        metadata = await self.metadata()
        async with self._lock:
            limit = REFRESH_SECONDS if refresh else KEEP_SECONDS
            if not self._keys or _age(self._keys_at) > limit:
                self._keys = _keys((await self._http.get(metadata.jwks_uri)).get("keys"))
                self._keys_at = time.monotonic()
            return self._keys

    async def check(self) -> None:
        """Read the metadata now. Raises as `metadata`."""
        async with self._lock:
            await self._read()

    async def _bounded_read(self) -> None:
        if self._failure is not None and _age(self._failed_at) < RETRY_SECONDS:
            raise self._failure
        await self._read()

    async def _read(self) -> None:
        try:
            content = await self._http.get(self._issuer.rstrip("/") + _PATH)
            self._metadata = self._parsed(content)
        except ProblemError as error:
            self._failure, self._failed_at = error, time.monotonic()
            raise
        self._failure, self._metadata_at = None, time.monotonic()

    def _parsed(self, content: Mapping[str, Any]) -> Metadata:
        if content.get("issuer") != self._issuer:
            raise invalid("the metadata are of another issuer")
        methods = content.get("token_endpoint_auth_methods_supported")
        return Metadata(
            authorization_endpoint=self._endpoint(content, "authorization_endpoint"),
            token_endpoint=self._endpoint(content, "token_endpoint"),
            jwks_uri=self._endpoint(content, "jwks_uri"),
            end_session_endpoint=(
                self._endpoint(content, "end_session_endpoint")
                if content.get("end_session_endpoint") is not None
                else None
            ),
            # The default where the provider names no methods.
            basic=not isinstance(methods, list) or "client_secret_basic" in methods,
        )

    def _endpoint(self, content: Mapping[str, Any], name: str) -> str:
        url = content.get(name)
        try:
            parts = urlsplit(url) if isinstance(url, str) else None
            host = parts.hostname if parts else None
        except ValueError:
            parts = host = None
        if parts is None or not host or parts.scheme not in ("http", "https") or parts.fragment:
            raise invalid(f"{name} is not a URL")
        if parts.scheme == "http" and not (self._plain_http or host in _LOOPBACK):
            raise invalid(f"{name} is not an https URL")
        return str(url)


def may_be_plain(url: str) -> bool:
    """Whether `url` needs no TLS: it has TLS, or is of this machine."""
    parts = urlsplit(url)
    return parts.scheme == "https" or parts.hostname in _LOOPBACK


def _keys(listed: Any) -> KeySet:
    if not isinstance(listed, list) or len(listed) > _MOST_KEYS:
        raise invalid("the keys are not a list of keys")
    keys = list(_usable(listed))
    if not keys:
        raise invalid("none of the keys can be used")
    return KeySet(keys)


def _usable(listed: Iterable[Any]) -> Iterable[Key]:
    """The public keys for signatures. Others are ignored (RFC 7517, 5), as are damaged ones."""
    for one in listed:
        if not isinstance(one, dict) or one.get("kty") not in _KEY_TYPES:
            continue
        if one.get("use", "sig") != "sig":
            continue
        try:
            yield JWKRegistry.import_key(one)
        except (JoseError, ValueError, TypeError, KeyError, OverflowError):
            continue


def _age(at: float) -> float:
    return time.monotonic() - at
