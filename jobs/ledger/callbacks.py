"""Callbacks: claim and settle deliveries, list callbacks, send them again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from jobs.ledger.callback_records import attempt_record, to_callback_options
from jobs.ledger.coalescer import Coalescer
from jobs.ledger.department_records import to_department
from jobs.ledger.page import Page, check_cursor
from jobs.ledger.records import pairs, to_ms
from jobs.ledger.server.connection import PREFIX, Connection
from jobs.ledger.unreadable import read_batch, read_callback, read_job
from jobs.model.callback import Attempt, Callback, Delivery, Outcome, RedeliveryCount, Refusal
from jobs.model.ids import is_callback_id
from jobs.model.lanes import EXPECTED_MS
from jobs.model.states import CallbackStatus
from jobs.process.settings import CallbackSettings

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class CallbackClaims:
    """The answer to a claim. `refused`: due callbacks that are not delivered now, by id. `more`:
    others are due.
    """

    deliveries: Sequence[Delivery]
    refused: Mapping[str, Refusal]
    more: bool


@dataclass(frozen=True, slots=True)
class _Settlement:
    delivery: Delivery
    attempt: Attempt
    status: CallbackStatus
    outcome: Outcome
    delay_seconds: float
    asks_again: bool


class CallbackLedger:
    """Every method raises `ProblemError("unavailable")` while Redis cannot be reached."""

    def __init__(self, connection: Connection, settings: CallbackSettings) -> None:
        self._connection = connection
        self._parallel = settings.parallel
        self._max_wait = settings.max_wait_seconds
        self._pauses = settings.breaker_pause_seconds, settings.breaker_pause_max_seconds
        self._settling = Coalescer(self._settle)

    async def claim(
        self,
        most: int,
        lease_seconds: float,
        courier: str = "",
        *,
        woken: bool = False,
        asks_again: bool = False,
    ) -> CallbackClaims:
        """Claim deliveries of due callbacks, at most `most`, the longest due first.

        A callback that its receiver has no room for is claimed later. `woken`: a wake-up led to
        this claim. `asks_again`: if it gets deliveries and has room for more, the courier claims
        again within `CLAIM_AGAIN_SECONDS`, so that no wake-up is needed until then.
        """
        refused: dict[str, Refusal] = {}
        while True:
            claims = await self._claim(
                most, lease_seconds, courier, woken=woken, asks_again=asks_again
            )
            refused |= claims.refused
            # A script passes over so many callbacks that cannot be delivered; others may be behind.
            if claims.deliveries or not claims.more:
                return CallbackClaims(claims.deliveries, refused, claims.more)

    async def _claim(
        self, most: int, lease_seconds: float, courier: str, *, woken: bool, asks_again: bool
    ) -> CallbackClaims:
        more, now_ms, refused, deliveries = await self._connection.run(
            "callbacks/claim",
            courier,
            _ms(lease_seconds),
            self._parallel,
            _ms(self._max_wait),
            most,
            int(woken),
            EXPECTED_MS if asks_again else 0,
        )
        return CallbackClaims(
            [_delivery(each, int(now_ms)) for each in deliveries],
            {callback_id: Refusal(why) for callback_id, why in refused},
            bool(more),
        )

    async def settle(
        self,
        delivery: Delivery,
        attempt: Attempt,
        status: CallbackStatus,
        outcome: Outcome,
        *,
        delay_seconds: float = 0,
        asks_again: bool = False,
    ) -> bool:
        """Store the result of a delivery. With `pending`, the next attempt is due after the delay.
        `asks_again`: the courier claims others within `CLAIM_AGAIN_SECONDS`.

        `Outcome.gone` ends all other pending callbacks to the URL. False: another courier has
        claimed the delivery. Results that arrive during a step share the next one.
        """
        settlement = _Settlement(delivery, attempt, status, outcome, delay_seconds, asks_again)
        stored, breaker = await self._settling.ask(settlement)
        if breaker:
            callback = delivery.callback
            log.warning(f"breaker.{breaker}", department=callback.department, url=callback.url)
        return stored

    async def _settle(self, settlements: Sequence[_Settlement]) -> Sequence[tuple[bool, str]]:
        asks_again = all(each.asks_again for each in settlements)
        args: list[str | int] = [self._parallel, *map(_ms, self._pauses)]
        args.append(EXPECTED_MS if asks_again else 0)
        for each in settlements:
            args += [each.delivery.callback.id, each.delivery.token, attempt_record(each.attempt)]
            args += [each.status.value, _ms(each.delay_seconds), each.outcome.value]
            args.append(each.attempt.response or "")
        answers = await self._connection.run("callbacks/settle", *args)
        return [(bool(stored), breaker) for stored, breaker in answers]

    async def redeliver(self, department: str, callback_id: str) -> Callback | None:
        """Send a callback again, in any state. None: the department has no such callback.

        A URL that answered 410 is reopened, and a receiver whose breaker is open is tried at once.
        """
        if not is_callback_id(callback_id):
            return None
        answer = await self._connection.run("callbacks/redeliver", department, callback_id)
        return read_callback(pairs(answer[0]), answer[1]) if answer else None

    async def department_of(self, callback_id: str) -> str | None:
        """The department that a callback belongs to, for operators; None: no such callback."""
        if not is_callback_id(callback_id):
            return None
        redis, name = self._connection.redis, f"{PREFIX}callback:{callback_id}"
        department: str | None = await self._connection.ask(redis.hget(name, "department"))
        return department

    async def redeliver_dead(
        self, department: str, since: datetime, until: datetime, most: int = 500
    ) -> RedeliveryCount:
        """Send again the department's dead callbacks created from `since` until before `until`.

        The oldest are sent first, at most `most` in one call.
        """
        answer = await self._connection.run(
            "callbacks/redeliver_dead", department, to_ms(since), to_ms(until), most
        )
        return RedeliveryCount(*answer)

    async def redeliver_all_dead(self, department: str, since: datetime, until: datetime) -> int:
        """As `redeliver_dead`, without a limit. Returns how many are sent again.

        A callback that dies again meanwhile is not repeated: the first count is the limit.
        """
        count = await self.redeliver_dead(department, since, until)
        sent, total = count.redelivered, count.redelivered + count.remaining
        while count.redelivered and count.remaining and sent < total:
            count = await self.redeliver_dead(department, since, until)
            sent += count.redelivered
        return sent

    async def gone(self, department: str) -> Sequence[str]:
        """URLs that answered 410, the latest first."""
        redis = self._connection.redis
        return list(
            await self._connection.ask(redis.zrevrange(f"{PREFIX}gone:{department}", 0, -1))
        )

    async def reopen(self, department: str, url: str) -> bool:
        """Deliver callbacks to a gone URL again. False: the URL was not gone."""
        return bool(await self._connection.run("callbacks/reopen_url", department, url))

    async def list(
        self,
        department: str,
        *,
        status: CallbackStatus | None = None,
        job_id: str | None = None,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[Callback]:
        """A page of a department's callbacks, newest first.

        Raises `ProblemError("invalid-request")` for a cursor that is not a callback's id.
        """
        check_cursor(cursor, is_callback_id, "callbacks")
        index = f"{PREFIX}callbacks:{department}" + (f":{status.value}" if status else "")
        if job_id is not None:
            return Page(await self._of_job(department, job_id, status), None)
        redis = self._connection.redis
        ids = await self._connection.ask(
            redis.zrevrangebylex(index, f"({cursor}" if cursor else "+", "-", 0, limit)
        )
        return Page(await self._load(ids), ids[-1] if len(ids) == limit else None)

    async def _of_job(
        self, department: str, job_id: str, status: CallbackStatus | None
    ) -> Sequence[Callback]:
        owner = await self._connection.ask(
            self._connection.redis.hmget(f"{PREFIX}job:{job_id}", ["department", "callback_id"])
        )
        if owner[0] != department or owner[1] is None:
            return ()
        return [each for each in await self._load([owner[1]]) if status in (None, each.status)]

    async def _load(self, ids: Sequence[str]) -> Sequence[Callback]:
        pipeline = self._connection.redis.pipeline(transaction=False)
        for callback_id in ids:
            pipeline.hgetall(f"{PREFIX}callback:{callback_id}")
            pipeline.lrange(f"{PREFIX}attempts:{callback_id}", 0, -1)
        answers = await self._connection.ask(pipeline.execute())
        return [
            read_callback(record, attempts)
            for record, attempts in zip(answers[::2], answers[1::2], strict=True)
            if record
        ]


def _delivery(answer: Sequence[Any], now_ms: int) -> Delivery:
    record, subject, attempts = pairs(answer[0]), pairs(answer[1]), int(answer[2])
    department = pairs(answer[3])
    return Delivery(
        callback=read_callback(record, ()),
        subject=read_job(subject) if record["job_id"] else read_batch(subject),
        token=int(record["token"]),
        attempt=attempts - int(record["round"]) + 1,
        number=attempts + 1,
        department=to_department(department, now_ms) if department else None,
        options=to_callback_options(answer[4]),
    )


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
