"""Callback secrets of departments."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic_core import from_json

from jobs.ledger.callback_records import callback_options_record, to_callback_options
from jobs.ledger.records import dump, to_time
from jobs.ledger.server.connection import PREFIX, Connection
from jobs.sealing.secrets import Secrets

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
            callback_options_record(sealed_options) if stored_options else "",
        )
        return bool(changed)

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
