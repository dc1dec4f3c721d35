"""First replies to idempotency keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic_core import from_json

from jobs.ledger.department_records import to_quotas
from jobs.ledger.records import dump
from jobs.ledger.server.connection import PREFIX, Connection
from jobs.model.problems import ProblemError
from jobs.model.quotas import QuotaLeft

_UNFINISHED_MS = 60_000


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    key: str
    body_sha256: str


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: bytes
    headers: Mapping[str, str]


def reply_argument(idempotency: IdempotencyKey | None, body: bytes, keep_ms: int) -> str:
    """A first reply as an argument of scripts that store it together with what it reports."""
    if idempotency is None:
        return ""
    return dump(
        {
            "key": idempotency.key,
            "body_sha256": idempotency.body_sha256,
            "body": body.decode(),
            "keep_ms": keep_ms,
        }
    )


def mismatch() -> ProblemError:
    return ProblemError(
        "idempotency-mismatch",
        "This Idempotency-Key was used with another body. Use a new key for a new request.",
    )


@dataclass(frozen=True, slots=True)
class EarlierReply:
    """The first reply to a submission. `quotas`: what is left of the department's quotas now."""

    body: bytes
    quotas: Sequence[QuotaLeft]


async def earlier_reply(
    connection: Connection, department: str, scope: str, idempotency: IdempotencyKey
) -> EarlierReply | None:
    """The first reply to a key, from a script that stores replies. None: a new key.

    Raises `ProblemError("idempotency-mismatch")`.
    """
    key, body_sha256 = idempotency.key, idempotency.body_sha256
    match await connection.run("replies/read", department, scope, key, body_sha256):
        case ["replayed", quotas, body]:
            return EarlierReply(body.encode(), to_quotas(quotas))
        case ["mismatch"]:
            raise mismatch()
    return None


class Replies:
    """First replies, by department, scope and key."""

    def __init__(self, connection: Connection, keep_hours: float) -> None:
        self._connection = connection
        self._keep_ms = round(keep_hours * 3_600_000)

    async def begin(self, department: str, scope: str, idempotency: IdempotencyKey) -> Reply | None:
        """The first reply to a key. None: the key is reserved, and the caller must `keep` a reply.

        Raises `ProblemError`: `idempotency-mismatch`, or `idempotency-in-progress` while the first
        request has no reply yet.
        """
        answer = await self._connection.run(
            "replies/begin",
            department,
            scope,
            idempotency.key,
            idempotency.body_sha256,
            _UNFINISHED_MS,
        )
        if answer[0] == "mismatch":
            raise mismatch()
        if answer[0] == "in-progress":
            raise ProblemError(
                "idempotency-in-progress",
                "The first request with this Idempotency-Key is still running. Try again shortly.",
                retry_after=2,
            )
        if answer[0] == "first":
            return None
        return Reply(int(answer[1]), answer[3].encode(), from_json(answer[2]))

    async def keep(
        self, department: str, scope: str, idempotency: IdempotencyKey, reply: Reply
    ) -> None:
        """Store the first reply to a key."""
        await self._connection.run(
            "replies/keep",
            department,
            scope,
            idempotency.key,
            idempotency.body_sha256,
            reply.status,
            dump(dict(reply.headers)),
            reply.body,
            self._keep_ms,
        )

    async def discard(self, department: str, scope: str, idempotency: IdempotencyKey) -> None:
        """Free a reserved key after its request failed."""
        key = self._key(department, scope, idempotency)
        await self._connection.ask(self._connection.redis.delete(key))

    @staticmethod
    def _key(department: str, scope: str, idempotency: IdempotencyKey) -> str:
        return f"{PREFIX}reply:{department}:{scope}:{idempotency.key}"
