"""Creates callbacks, and settles their deliveries as a courier would."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from jobs.ledger import Ledger
from jobs.ledger.callbacks import CallbackClaims
from jobs.model.callback import Attempt, Callback, Delivery, Outcome, Refusal
from jobs.model.ids import new_callback_id
from jobs.model.states import CallbackStatus
from tests.integration.jobs.ledger.conftest import a_job, submit_job

URL = "http://receiver.intranet/hook"
DEAD, PENDING, DELIVERED = CallbackStatus.dead, CallbackStatus.pending, CallbackStatus.delivered


async def a_callback(ledger: Ledger, url: str = URL, department: str = "tax") -> Callback:
    """The callback of a job that has ended."""
    job = a_job(callback_url=url, callback_id=new_callback_id(), department=department)
    await submit_job(ledger, job)
    await ledger.jobs.cancel(department, job.id)
    return (await ledger.callbacks.list(department, job_id=job.id)).items[0]


async def claim_one(
    ledger: Ledger, callback_id: str, lease_seconds: float = 30
) -> Delivery | Refusal | None:
    """What a courier gets when it looks at this callback alone. None: it is not due."""
    redis, key = ledger._connection.redis, "chancery:callbacks-due"
    due: Any = await redis.zrange(key, 0, -1, withscores=True)
    others: dict[Any, Any] = {id_: at for id_, at in due if id_ != callback_id}
    if others:
        await redis.zrem(key, *others)
    await redis.zadd(key, {callback_id: 0})
    claims: CallbackClaims = await ledger.callbacks.claim(1, lease_seconds)
    if others:
        # Those that the claim itself made due stay so.
        await redis.zadd(key, others, nx=True)
    if claims.deliveries:
        return claims.deliveries[0]
    return claims.refused.get(callback_id)


async def taken(ledger: Ledger, callback: Callback, lease_seconds: float = 30) -> Delivery:
    delivery = await claim_one(ledger, callback.id, lease_seconds)
    assert isinstance(delivery, Delivery)
    return delivery


async def settle(
    ledger: Ledger,
    delivery: Delivery,
    code: int | None,
    *,
    unsent: bool = False,
    delay_seconds: float = 0,
) -> bool:
    """Report what the receiver answered: nothing at all where `code` is None."""
    attempt = Attempt(datetime.now(UTC), code, None if code else "no answer", 0.1)
    status, outcome = {
        204: (DELIVERED, Outcome.delivered),
        410: (DEAD, Outcome.gone),
    }.get(code or 0, (PENDING, Outcome.unsent if unsent else Outcome.failed))
    return await ledger.callbacks.settle(
        delivery, attempt, status, outcome, delay_seconds=delay_seconds
    )


async def now(ledger: Ledger, callback: Callback) -> Callback:
    """The callback as it stands."""
    found = await ledger.callbacks.list(callback.department, job_id=callback.job_id)
    return found.items[0]
