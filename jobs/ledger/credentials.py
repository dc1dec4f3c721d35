"""Callback secrets of departments."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic_core import from_json

from jobs.ledger.records import to_time
from jobs.ledger.server.connection import PREFIX, Connection

_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class Credential:
    """A callback secret without its text. `until`: when it expires, or None."""

    until: datetime | None


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

    async def secrets(self, department: str) -> Sequence[Credential]:
        """The callback secrets that sign now, newest first."""
        redis = self._connection.redis
        stored = await self._connection.ask(
            redis.hget(f"{PREFIX}department:{department}", "callback_secrets")
        )
        seconds, micros = await self._connection.ask(redis.time())
        now = seconds * 1000 + micros // 1000
        return [
            Credential(to_time(str(each["until"])) if each["until"] else None)
            for each in from_json(stored or "[]")
            if not each["until"] or each["until"] > now
        ]


def _ms(keep: timedelta) -> int:
    return round(keep.total_seconds() * 1000)
