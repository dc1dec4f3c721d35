"""An OpenID Connect provider for tests: discovery, keys, sign-in, tokens and sign-out, over HTTP.

It signs in whoever is entered at its page (`people`), or `automatic` without a page, and checks
what a provider must check: the redirect URI, the client's secret, the code, PKCE. `Behaviour`
makes it hostile or slow.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

CLIENT_ID, CLIENT_SECRET = "chancery", "a secret & of %the client"
TOKEN_SECONDS = 300


@dataclass
class Behaviour:
    """How it departs from a good provider.

    `metadata`, `claims` replace members, None removes one. `sign` makes the ID token from the
    claims. `answers`: status and body by path; the body of a redirect is its
    address. `delays`: seconds by path before each byte.
    """

    metadata: Mapping[str, Any] = field(default_factory=dict)
    claims: Mapping[str, Any] = field(default_factory=dict)
    sign: Callable[[Mapping[str, Any]], str] | None = None
    answers: Mapping[str, tuple[int, bytes]] = field(default_factory=dict)
    delays: Mapping[str, float] = field(default_factory=dict)
    error: str | None = None


@dataclass
class IdentityProvider:
    """`people`: claims by user name. `requests` counts them by path."""

    issuer: str
    people: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    automatic: str | None = None
    client_secret: str | None = CLIENT_SECRET
    redirect_uri: str | None = None
    behaviour: Behaviour = field(default_factory=Behaviour)
    key: RSAKey = field(default_factory=lambda: new_key("first"))
    published: list[RSAKey] = field(default_factory=list)
    requests: dict[str, int] = field(default_factory=dict)
    codes: dict[str, Mapping[str, str]] = field(default_factory=dict)

    def rotate(self, kid: str) -> None:
        """Sign with a new key from now on, and publish only that one."""
        self.key, self.published = new_key(kid), []

    def metadata(self) -> Mapping[str, Any]:
        metadata = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "end_session_endpoint": f"{self.issuer}/end",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
        }
        return _replaced(metadata, self.behaviour.metadata)

    def keys(self) -> Mapping[str, Any]:
        """The public keys: those that are also `published`, and that with which it signs."""
        return dict(KeySet([*self.published, self.key]).as_dict(private=False))

    def authorized(self, query: Mapping[str, str], name: str) -> str:
        """Where the browser goes after the sign-in."""
        if self.redirect_uri not in (None, query.get("redirect_uri")):
            raise ValueError(f"the redirect URI {query.get('redirect_uri')} is not registered")
        if query.get("client_id") != CLIENT_ID or query.get("code_challenge_method") != "S256":
            raise ValueError("the client is unknown, or uses no PKCE")
        back = {"state": query["state"], "iss": self.issuer}
        if self.behaviour.error:
            back["error"] = self.behaviour.error
        else:
            code = secrets.token_urlsafe(16)
            self.codes[code] = {**query, "name": name}
            back["code"] = code
        return f"{query['redirect_uri']}?{urlencode(back)}"

    def token(self, form: Mapping[str, str], authorization: str) -> tuple[int, Mapping[str, Any]]:
        if not self._is_client(form, authorization):
            return 401, {"error": "invalid_client"}
        asked = self.codes.pop(form.get("code", ""), None)
        challenge = _base64url(sha256(form.get("code_verifier", "").encode()).digest())
        if (
            asked is None
            or asked["code_challenge"] != challenge
            or asked["redirect_uri"] != form.get("redirect_uri")
        ):
            return 400, {"error": "invalid_grant"}
        token = self.id_token(asked["name"], asked["nonce"])
        return 200, {"access_token": "a", "token_type": "Bearer", "id_token": token}

    def id_token(self, name: str, nonce: str) -> str:
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "sub": f"id-{name}",
            "iat": now,
            "exp": now + TOKEN_SECONDS,
            "nonce": nonce,
            "preferred_username": name,
            **self.people[name],
        }
        claims = _replaced(claims, self.behaviour.claims)
        return self.behaviour.sign(claims) if self.behaviour.sign else self.signed(claims)

    def signed(self, claims: Mapping[str, Any], **header: Any) -> str:
        return jwt.encode(
            {"alg": "RS256", "kid": self.key.kid, **header}, dict(claims), self.key, ["RS256"]
        )

    def _is_client(self, form: Mapping[str, str], authorization: str) -> bool:
        if authorization.startswith("Basic "):
            pair = b64decode(authorization.removeprefix("Basic ")).decode().split(":")
            return [unquote_plus(part) for part in pair] == [CLIENT_ID, self.client_secret]
        return [form.get("client_id"), form.get("client_secret")] == [CLIENT_ID, self.client_secret]


def new_key(kid: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig"})


def unsigned(claims: Mapping[str, Any]) -> str:
    """A token with the algorithm `none`."""
    parts = ({"alg": "none", "typ": "JWT"}, dict(claims))
    return ".".join([*(_base64url(json.dumps(part).encode()) for part in parts), ""])


@contextmanager
def running_identity_provider() -> Iterator[IdentityProvider]:
    """One on a free port of 127.0.0.1, in a thread of this process."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    provider = IdentityProvider(f"http://127.0.0.1:{server.server_address[1]}")
    _Handler.providers[server.server_address[1]] = provider
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    providers: dict[int, IdentityProvider] = {}  # noqa: RUF012 - by port, of this process

    @property
    def provider(self) -> IdentityProvider:
        return self.providers[self.server.server_address[1]]  # type: ignore[index]

    def do_GET(self) -> None:
        self._answer({})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self._answer(dict(parse_qsl(body)))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the inherited name
        """Log nothing."""

    def _answer(self, form: Mapping[str, str]) -> None:
        url, provider = urlsplit(self.path), self.provider
        path, query = url.path, dict(parse_qsl(url.query))
        provider.requests[path] = provider.requests.get(path, 0) + 1
        if path in provider.behaviour.answers:
            self._send(*provider.behaviour.answers[path])
        elif path == "/.well-known/openid-configuration":
            self._json(200, provider.metadata())
        elif path == "/jwks":
            self._json(200, provider.keys())
        elif path == "/token":
            self._json(*provider.token(form, self.headers.get("Authorization", "")))
        elif path == "/authorize":
            self._authorize(query, form.get("name") or provider.automatic)
        elif path == "/end":
            self._send(200, b"signed out at the provider", "text/plain")
        else:
            self._send(404, b"", "text/plain")

    def _authorize(self, query: Mapping[str, str], name: str | None) -> None:
        if name is None:
            action = escape(self.path)
            page = f'<html lang="en"><title>Provider</title><form method="post" action="{action}">'
            page += '<label>User <input name="name"></label><button>Continue</button></form>'
            self._send(200, page.encode(), "text/html")
            return
        try:
            location = self.provider.authorized(query, name)
        except ValueError as error:
            self._send(400, str(error).encode(), "text/plain")
            return
        self.send_response(303)
        self.send_header("Location", location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _json(self, status: int, content: Mapping[str, Any]) -> None:
        self._send(status, json.dumps(content).encode())

    def _send(self, status: int, body: bytes, media_type: str = "application/json") -> None:
        delay = self.provider.behaviour.delays.get(urlsplit(self.path).path, 0.0)
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        if 300 <= status < 400:
            self.send_header("Location", body.decode())
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        parts = [body] if not delay else [body[at : at + 1] for at in range(len(body))]
        try:
            for part in parts:
                time.sleep(delay)
                self.wfile.write(part)
        except OSError:  # the client has gone
            self.close_connection = True


def _replaced(members: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**members, **changes}.items() if value is not None}


def _base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
