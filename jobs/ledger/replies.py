"""First answers to idempotency keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic_core import from_json

from jobs.ledger.connection import PREFIX, Connection
from jobs.ledger.quotas import to_quotas
from jobs.ledger.records import dump
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
    """A first answer, for scripts that keep it in the step that does what it tells of."""
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
        "This Idempotency-Key came before with another body. Use a new key for a new request.",
    )


@dataclass(frozen=True, slots=True)
class Earlier:
    """A first answer to a submission; `quotas` is what the department's quotas leave now."""

    body: bytes
    quotas: Sequence[QuotaLeft]


async def earlier_reply(
    connection: Connection, department: str, scope: str, idempotency: IdempotencyKey
) -> Earlier | None:
    """What was answered to the key before, by a script that keeps its answers.

    Raises `ProblemError("idempotency-mismatch")`.
    """
    key, body_sha256 = idempotency.key, idempotency.body_sha256
    match await connection.run("read_reply", department, scope, key, body_sha256):
        case ["replayed", quotas, body]:
            return Earlier(body.encode(), to_quotas(quotas))
        case ["mismatch"]:
            raise mismatch()
    return None


class Replies:
    """Answers given before, by department, scope and key."""

    def __init__(self, connection: Connection, keep_hours: float) -> None:
        self._connection = connection
        self._keep_ms = round(keep_hours * 3_600_000)

    async def begin(self, department: str, scope: str, idempotency: IdempotencyKey) -> Reply | None:
        """The first answer, or None for the caller who is to give it and then `keep` it.

        Raises `ProblemError` `idempotency-mismatch` or, where the first request has not been
        answered yet, `idempotency-in-progress`.
        """
        answer = await self._connection.run(
            "begin_reply",
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
        key = self._key(department, scope, idempotency)
        pipeline = self._connection.redis.pipeline(transaction=True)
        pipeline.hset(
            key,
            mapping={
                "body_sha256": idempotency.body_sha256,
                "status": reply.status,
                "body": reply.body,
                "headers": dump(dict(reply.headers)),
            },
        )
        pipeline.pexpire(key, self._keep_ms)
        await self._connection.ask(pipeline.execute())

    async def forget(self, department: str, scope: str, idempotency: IdempotencyKey) -> None:
        """Let the key be used again, after a first request that failed."""
        key = self._key(department, scope, idempotency)
        await self._connection.ask(self._connection.redis.delete(key))

    @staticmethod
    def _key(department: str, scope: str, idempotency: IdempotencyKey) -> str:
        return f"{PREFIX}reply:{department}:{scope}:{idempotency.key}"
