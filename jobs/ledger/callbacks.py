"""Callbacks in the ledger: claimed by couriers, settled, listed, sent again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import structlog

from jobs.ledger.batch_records import to_batch
from jobs.ledger.connection import PREFIX, Connection
from jobs.ledger.page import Page
from jobs.ledger.records import attempt_record, pairs, to_callback, to_job, to_ms
from jobs.model.callback import Attempt, Callback, Delivery, Outcome, Refusal, SentAgain
from jobs.model.ids import is_callback_id
from jobs.model.problems import ProblemError
from jobs.model.states import CallbackStatus
from jobs.process.settings import CallbackSettings

log = structlog.get_logger()


class CallbackLedger:
    """Every method raises `ProblemError("unavailable")` while Redis is away."""

    def __init__(self, connection: Connection, settings: CallbackSettings) -> None:
        self._connection = connection
        self._parallel = settings.parallel
        self._max_wait = settings.max_wait_seconds
        self._pauses = settings.breaker_pause_seconds, settings.breaker_pause_max_seconds

    async def claim(self, callback_id: str, lease_seconds: float) -> Delivery | Refusal:
        """The next attempt at a callback, or why none is to be made now.

        One that is refused because of its receiver comes back by itself.
        """
        answer = await self._connection.run(
            "claim_callback", callback_id, _ms(lease_seconds), self._parallel, _ms(self._max_wait)
        )
        if len(answer) == 1:
            return Refusal(answer[0])
        record, subject = pairs(answer[0]), pairs(answer[1])
        return Delivery(
            callback=to_callback(record, ()),
            subject=to_job(subject) if record["job_id"] else to_batch(subject),
            token=int(record["token"]),
            attempt=int(answer[2]) - int(record["round"]) + 1,
            number=int(answer[2]) + 1,
        )

    async def settle(
        self,
        delivery: Delivery,
        attempt: Attempt,
        status: CallbackStatus,
        outcome: Outcome,
        *,
        delay_seconds: float = 0,
    ) -> bool:
        """Note an attempt; `pending` tries again after the delay. False: another courier has it.

        `Outcome.gone` gives up whatever else is pending for the URL.
        """
        noted, breaker = await self._connection.run(
            "settle_callback",
            delivery.callback.id,
            delivery.token,
            attempt_record(attempt),
            status.value,
            _ms(delay_seconds),
            outcome.value,
            self._parallel,
            *map(_ms, self._pauses),
            attempt.response or "",
        )
        if breaker:
            callback = delivery.callback
            log.warning(f"breaker.{breaker}", department=callback.department, url=callback.url)
        return bool(noted)

    async def redeliver(self, department: str, callback_id: str) -> Callback | None:
        """Send a callback again, whatever became of it; None where the department has no such.

        Its URL is open again, where its receiver had answered 410, and its receiver is tried at
        once, where its breaker is open.
        """
        if not is_callback_id(callback_id):
            return None
        answer = await self._connection.run("redeliver", department, callback_id)
        return to_callback(pairs(answer[0]), answer[1]) if answer else None

    async def redeliver_dead(
        self, department: str, since: datetime, until: datetime, most: int = 500
    ) -> SentAgain:
        """Send the department's dead callbacks again that were made from `since` to before `until`,
        the oldest first, `most` in one call.
        """
        answer = await self._connection.run(
            "redeliver_dead", department, to_ms(since), to_ms(until), most
        )
        return SentAgain(*answer)

    async def gone(self, department: str) -> Sequence[str]:
        """The URLs whose receivers answered 410, the latest first."""
        redis = self._connection.redis
        return list(
            await self._connection.ask(redis.zrevrange(f"{PREFIX}gone:{department}", 0, -1))
        )

    async def reopen(self, department: str, url: str) -> bool:
        """Call a URL again from now on; False where it was not gone."""
        return bool(await self._connection.run("reopen", department, url))

    async def list(
        self,
        department: str,
        *,
        status: CallbackStatus | None = None,
        job_id: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[Callback]:
        """A page of a department's callbacks, newest first."""
        if cursor is not None and not is_callback_id(cursor):
            raise ProblemError("invalid-request", "Use a `next_cursor` as it was given.")
        index = f"{PREFIX}callbacks:{department}" + (f":{status.value}" if status else "")
        if job_id is not None:
            return Page(await self._of_job(department, job_id, status), None)
        redis = self._connection.redis
        ids = await self._connection.ask(
            redis.zrevrangebylex(index, f"({cursor}" if cursor else "+", "-", 0, limit)
        )
        found = await self._load(ids)
        return Page(found, ids[-1] if len(ids) == limit else None)

    async def _of_job(
        self, department: str, job_id: str, status: CallbackStatus | None
    ) -> Sequence[Callback]:
        owner = await self._connection.ask(
            self._connection.redis.hmget(f"{PREFIX}job:{job_id}", ["department", "callback_id"])
        )
        if owner[0] != department or owner[1] is None:
            return ()
        return [one for one in await self._load([owner[1]]) if status in (None, one.status)]

    async def _load(self, ids: Sequence[str]) -> Sequence[Callback]:
        pipeline = self._connection.redis.pipeline(transaction=False)
        for callback_id in ids:
            pipeline.hgetall(f"{PREFIX}callback:{callback_id}")
            pipeline.lrange(f"{PREFIX}attempts:{callback_id}", 0, -1)
        answers = await self._connection.ask(pipeline.execute())
        return [
            to_callback(record, attempts)
            for record, attempts in zip(answers[::2], answers[1::2], strict=True)
            if record
        ]


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
