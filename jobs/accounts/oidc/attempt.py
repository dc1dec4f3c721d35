"""One sign-in on its way through the provider. The server stores nothing of it."""

from __future__ import annotations

import hmac
import re
import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256

_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
_SECRET_BYTES = 32
_MOST_AFTER_CHARS = 50


@dataclass(frozen=True, slots=True)
class Attempt:
    """`secret` is in a cookie of the browser; state, nonce and verifier are derived from it, so
    that only this browser can end the sign-in that it began. `after`: the page to open then.
    """

    secret: str
    after: str

    @classmethod
    def begin(cls, after: str) -> Attempt:
        return cls(
            secrets.token_urlsafe(_SECRET_BYTES), after if len(after) <= _MOST_AFTER_CHARS else ""
        )

    @classmethod
    def of_cookie(cls, value: str | None) -> Attempt | None:
        """The attempt of a cookie; None if there is none, or it has another form."""
        secret, _, after = (value or "").partition(".")
        return cls(secret, after) if _SECRET.fullmatch(secret) else None

    @property
    def cookie(self) -> str:
        return f"{self.secret}.{self.after}"

    @property
    def state(self) -> str:
        return self._derived("state")

    @property
    def nonce(self) -> str:
        return self._derived("nonce")

    @property
    def verifier(self) -> str:
        return self._derived("verifier")

    @property
    def challenge(self) -> str:
        """The code challenge of the method S256."""
        return _base64url(sha256(self.verifier.encode()).digest())

    def began(self, state: str | None) -> bool:
        """Whether a response with `state` belongs to this attempt."""
        return state is not None and hmac.compare_digest(state.encode(), self.state.encode())

    def _derived(self, purpose: str) -> str:
        return _base64url(hmac.digest(self.secret.encode(), purpose.encode(), "sha256"))


def _base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
