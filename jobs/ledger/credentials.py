"""Credentials of departments: API keys, stored as their SHA-256, and callback secrets."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic_core import from_json

from jobs.ledger.records import dump, to_callback_options, to_time
from jobs.ledger.server.connection import PREFIX, Connection
from jobs.sealing.secrets import Secrets

_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class NewKey:
    """A generated API key. `text` is shown once and not stored."""

    id: str
    text: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Credential:
    """An API key or a callback secret, without its secret part.

    `id`: None for a callback secret. `until`: when it expires, or None.
    """

    id: str | None
    until: datetime | None


def new_key() -> NewKey:
    key_id = secrets.token_hex(6)
    text = f"chy_{key_id}_{secrets.token_urlsafe(32).replace('_', '-')}"
    return NewKey(key_id, text, hashlib.sha256(text.encode()).hexdigest())


def new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


class CredentialLedger:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def rotate_secret(self, department: str, keep: timedelta) -> str | None:
        """Add a callback secret. The others sign too for `keep`. None: no such department."""
        secret = new_secret()
        found = await self._connection.run(
            "departments/rotate_secret", department, secret, _ms(keep)
        )
        return secret if found else None

    async def rotate_key(self, department: str, keep: timedelta) -> str | None:
        """Add an API key. The others stay valid for `keep`. None: no such department."""
        key = new_key()
        found = await self._connection.run(
            "departments/rotate_key", department, key.id, key.sha256, _ms(keep)
        )
        return key.text if found else None

    async def seal_secrets(self, department: str, secrets: Secrets) -> bool:
        """Encrypt the callback secrets that are not, or not with the current master key.

        False: they are, or were changed meanwhile. Raises `ProblemError("storage-locked")`.
        """
        redis = self._connection.redis
        pipeline = redis.pipeline(transaction=True)
        pipeline.hget(f"{PREFIX}department:{department}", "callback_secrets")
        pipeline.get(f"{PREFIX}callback-options:{department}")
        stored, stored_options = await self._connection.ask(pipeline.execute())
        if stored is None:
            return False
        sealed = [
            {**each, "secret": secrets.sealed(department, each["secret"])}
            for each in from_json(stored)
        ]
        options = to_callback_options(stored_options)
        sealed_options = secrets.sealed_options(department, options)
        if sealed == from_json(stored) and sealed_options == options:
            return False
        changed = await self._connection.run(
            "departments/replace_secrets",
            department,
            stored,
            dump(sealed),
            stored_options or "",
            dump(sealed_options) if stored_options else "",
        )
        return bool(changed)

    async def revoke(self, department: str, key_id: str) -> bool:
        """Revoke an API key at once. False: the department has no such key."""
        redis = self._connection.redis
        if not await self._connection.ask(redis.srem(f"{PREFIX}keys:{department}", key_id)):
            return False
        return bool(await self._connection.ask(redis.delete(f"{PREFIX}key:{key_id}")))

    async def keys(self, department: str) -> Sequence[Credential]:
        """The valid API keys, newest first."""
        redis = self._connection.redis
        ids = await self._connection.ask(redis.smembers(f"{PREFIX}keys:{department}"))
        pipeline = redis.pipeline(transaction=False)
        pipeline.time()
        for key_id in ids:
            pipeline.pttl(f"{PREFIX}key:{key_id}")
        (seconds, micros), *left = await self._connection.ask(pipeline.execute())
        now = seconds * 1000 + micros // 1000
        keys = [
            Credential(key_id, None if ms == -1 else to_time(str(now + ms)))
            for key_id, ms in zip(ids, left, strict=True)
            if ms != -2  # expired meanwhile
        ]
        return sorted(keys, key=lambda key: (key.until is not None, str(key.id)))

    async def secrets(self, department: str) -> Sequence[Credential]:
        """The callback secrets that sign now, newest first."""
        redis = self._connection.redis
        stored = await self._connection.ask(
            redis.hget(f"{PREFIX}department:{department}", "callback_secrets")
        )
        seconds, micros = await self._connection.ask(redis.time())
        now = seconds * 1000 + micros // 1000
        return [
            Credential(None, to_time(str(each["until"])) if each["until"] else None)
            for each in from_json(stored or "[]")
            if not each["until"] or each["until"] > now
        ]


def _ms(keep: timedelta) -> int:
    return round(keep.total_seconds() * 1000)
