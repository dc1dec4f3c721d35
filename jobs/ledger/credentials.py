"""What departments prove themselves with: API keys, kept as their SHA-256, and callback secrets."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic_core import from_json

from jobs.ledger.connection import PREFIX, Connection
from jobs.ledger.records import to_time

_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class NewKey:
    """`text` is shown once and kept nowhere."""

    id: str
    text: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Credential:
    """An API key or a callback secret, without what is secret. `until` None: until it is changed.

    A callback secret has no id.
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
        """A new callback secret; those before it sign too for `keep`. None: no such department."""
        secret = new_secret()
        done = await self._connection.run("rotate_secret", department, secret, _ms(keep))
        return secret if done else None

    async def rotate_key(self, department: str, keep: timedelta) -> str | None:
        """A new API key; those before it are good for `keep`. None: no such department."""
        key = new_key()
        done = await self._connection.run("rotate_key", department, key.id, key.sha256, _ms(keep))
        return key.text if done else None

    async def revoke(self, department: str, key_id: str) -> bool:
        """End an API key now; False where the department has no such."""
        redis = self._connection.redis
        if not await self._connection.ask(redis.srem(f"{PREFIX}keys:{department}", key_id)):
            return False
        return bool(await self._connection.ask(redis.delete(f"{PREFIX}key:{key_id}")))

    async def keys(self, department: str) -> Sequence[Credential]:
        """The API keys that are good now, the new ones first."""
        redis = self._connection.redis
        ids = await self._connection.ask(redis.smembers(f"{PREFIX}keys:{department}"))
        pipeline = redis.pipeline(transaction=False)
        pipeline.time()
        for key_id in ids:
            pipeline.pttl(f"{PREFIX}key:{key_id}")
        (seconds, micros), *left = await self._connection.ask(pipeline.execute())
        now = seconds * 1000 + micros // 1000
        found = [
            Credential(key_id, None if ms == -1 else to_time(str(now + ms)))
            for key_id, ms in zip(ids, left, strict=True)
            if ms != -2  # gone since
        ]
        return sorted(found, key=lambda one: (one.until is not None, str(one.id)))

    async def secrets(self, department: str) -> Sequence[Credential]:
        """The callback secrets that sign now, the new one first."""
        redis = self._connection.redis
        kept = await self._connection.ask(
            redis.hget(f"{PREFIX}department:{department}", "callback_secrets")
        )
        seconds, micros = await self._connection.ask(redis.time())
        now = seconds * 1000 + micros // 1000
        return [
            Credential(None, to_time(str(one["until"])) if one["until"] else None)
            for one in from_json(kept or "[]")
            if not one["until"] or one["until"] > now
        ]


def _ms(keep: timedelta) -> int:
    return round(keep.total_seconds() * 1000)
