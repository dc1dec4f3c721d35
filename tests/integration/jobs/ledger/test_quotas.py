"""The ledger enforces the quotas of departments."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr
from redis.asyncio import Redis

from jobs.ledger import IdempotencyKey, Ledger
from jobs.ledger.runs import Ending
from jobs.ledger.server.connection import PREFIX
from jobs.ledger.server.scripts import LIBRARIES, parts_of
from jobs.model.department import Quota
from jobs.model.job import Usage
from jobs.model.quotas import OverQuotaError, QuotaLeft, QuotaName
from jobs.model.states import JobStatus
from jobs.process.settings import RedisSettings
from tests.integration.jobs.ledger.conftest import a_job, submit_job


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    async with Redis.from_url(redis_url, decode_responses=True) as redis:
        yield redis


async def have(ledger: Ledger, **quota: float) -> None:
    """Make the department tax with these quotas."""
    await ledger.departments.create("tax", quota=Quota(**quota))  # type: ignore[arg-type]


async def refused(ledger: Ledger, code: str) -> OverQuotaError:
    with pytest.raises(OverQuotaError) as raised:
        await submit_job(ledger, a_job())
    assert raised.value.problem.code == code
    return raised.value


async def in_one_script(redis: Redis, text: str) -> object:
    """What `text` returns, as a script of the ledger."""
    libraries = "".join(path.read_text() for path in parts_of(LIBRARIES / "quotas.lua"))
    return await redis.eval(libraries + text, 0)


async def left(ledger: Ledger) -> dict[str, int]:
    return {one.name.value: one.left for one in await ledger.departments.quotas("tax")}


async def run_to_its_end(ledger: Ledger, job_id: str, *, tokens: int = 0) -> None:
    (claim,) = (await ledger.runs.claim([job_id], "w", 30)).granted
    usage = Usage(prompt_tokens=tokens - tokens // 3, completion_tokens=tokens // 3)
    assert await ledger.runs.finish(claim, Ending(status=JobStatus.succeeded, usage=usage))


async def test_a_department_is_held_to_its_rate(ledger: Ledger) -> None:
    await have(ledger, rate=2)
    for _ in range(2):
        await submit_job(ledger, a_job())
    error = await refused(ledger, "rate-limited")
    assert 0 < (error.retry_after or 0) <= 0.5


@pytest.mark.parametrize("rate", [1, 3, 7, 13, 29, 1000, 2.5])
async def test_a_second_s_worth_may_come_in_one_moment(
    ledger: Ledger, redis: Redis, rate: float
) -> None:
    await have(ledger, rate=rate)
    accepted = await in_one_script(
        redis,
        "local accepted = 0 "
        "for _ = 1, 2000 do "
        "if not over_quota('tax', {jobs = 1}) then accepted = accepted + 1 end "
        "end return accepted",
    )
    assert accepted == int(rate)


async def test_a_flood_from_several_processes_passes_no_quota(
    ledger: Ledger, redis_url: str
) -> None:
    await have(ledger, max_in_flight=10)
    ledgers = [Ledger(RedisSettings(url=SecretStr(redis_url))) for _ in range(5)]
    outcomes = await asyncio.gather(
        *(submit_job(ledgers[n % 5], a_job()) for n in range(50)), return_exceptions=True
    )
    for one in ledgers:
        await one.close()
    over = [one for one in outcomes if isinstance(one, OverQuotaError)]
    assert len(over) == 40
    assert {one.problem.code for one in over} == {"quota-in-flight"}
    assert len((await ledger.jobs.list("tax", limit=100)).items) == 10


async def test_a_job_counts_as_in_flight_until_it_ended(ledger: Ledger) -> None:
    await have(ledger, max_in_flight=2)
    soon = datetime.now(UTC) + timedelta(hours=1)
    later = a_job(not_before=soon)
    now = a_job()
    assert [one.left for one in (await submit_job(ledger, later)).quotas] == [1]
    assert [one.left for one in (await submit_job(ledger, now)).quotas] == [0]
    assert (await ledger.runs.claim([now.id], "w", 30)).granted
    error = await refused(ledger, "quota-in-flight")
    assert error.retry_after == 5
    assert error.quotas == (QuotaLeft(QuotaName.in_flight, 2, 0, None),)
    await ledger.jobs.cancel("tax", now.id)
    await submit_job(ledger, a_job())
    await refused(ledger, "quota-in-flight")


async def test_only_what_has_not_begun_counts_as_queued(ledger: Ledger) -> None:
    await have(ledger, max_queued=1)
    job = a_job()
    await submit_job(ledger, job)
    await refused(ledger, "quota-queued")
    assert (await ledger.runs.claim([job.id], "w", 30)).granted
    await submit_job(ledger, a_job())
    await refused(ledger, "quota-queued")


async def test_the_tokens_of_a_day_are_used_up_until_the_next(ledger: Ledger, redis: Redis) -> None:
    await have(ledger, tokens_per_day=100)
    for tokens, leaves in ((99, 1), (30, 0)):
        job = a_job()
        await submit_job(ledger, job)
        await run_to_its_end(ledger, job.id, tokens=tokens)
        assert await left(ledger) == {"tokens-per-day": leaves}
    error = await refused(ledger, "quota-tokens")
    now = datetime.now(UTC)
    tomorrow = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    assert error.retry_after == pytest.approx((tomorrow - now).total_seconds(), abs=5)

    # The next day, as far as the ledger can tell: today's use was yesterday's.
    today = int(now.timestamp()) // 86_400
    await redis.rename(f"{PREFIX}usage:tax:{today}", f"{PREFIX}usage:tax:{today - 1}")
    assert await left(ledger) == {"tokens-per-day": 100}
    await submit_job(ledger, a_job())


async def test_a_refused_submission_costs_nothing_of_the_rate(ledger: Ledger, redis: Redis) -> None:
    await have(ledger, rate=5, max_in_flight=1)
    await submit_job(ledger, a_job())
    charged = await redis.get(f"{PREFIX}rate:tax")
    for _ in range(3):
        await refused(ledger, "quota-in-flight")
    assert charged is not None
    assert await redis.get(f"{PREFIX}rate:tax") in (charged, None)  # None where it ran out


async def test_the_first_answer_comes_again_however_much_is_used_up(ledger: Ledger) -> None:
    await have(ledger, max_in_flight=1, max_queued=1, rate=0.01, tokens_per_day=1)
    key = IdempotencyKey("k", "a" * 64)
    job = a_job()
    await submit_job(ledger, job, idempotency=key, body=b'{"n":1}')
    again = await submit_job(ledger, a_job(), idempotency=key, body=b'{"n":2}')
    assert (again.body, again.replayed) == (b'{"n":1}', True)
    assert [one.left for one in again.quotas] == [0, 0, 0, 1]
    # And so does what a client library sends twice.
    assert (await submit_job(ledger, job, body=b"{}")).blob
    assert len((await ledger.jobs.list("tax")).items) == 1


async def test_lines_of_batches_count_as_waiting_and_never_as_in_flight(
    ledger: Ledger, redis: Redis
) -> None:
    await have(ledger, max_in_flight=2, max_queued=10)
    await redis.set(f"{PREFIX}waiting-lines:tax", 6)
    released = {f"job_of_a_batch_{n}": 0 for n in range(3)}
    await redis.zadd(f"{PREFIX}jobs:tax:queued", released)
    await redis.set(f"{PREFIX}open-lines:tax", 3)
    assert await left(ledger) == {"in-flight": 2, "queued": 1}
    await submit_job(ledger, a_job())
    assert await left(ledger) == {"in-flight": 1, "queued": 0}
    await refused(ledger, "quota-queued")


@pytest.mark.parametrize(
    ("jobs", "lines", "answer"),
    [
        (0, 7, None),
        (0, 8, ["quota-queued", 60_000]),
        (1, 0, ["quota-in-flight", 5_000]),
    ],
)
async def test_a_batch_is_measured_by_its_lines(
    ledger: Ledger, redis: Redis, jobs: int, lines: int, answer: list[object] | None
) -> None:
    await have(ledger, max_in_flight=1, max_queued=10)
    await redis.set(f"{PREFIX}waiting-lines:tax", 2)
    await submit_job(ledger, a_job())
    assert (
        await in_one_script(redis, f"return over_quota('tax', {{jobs = {jobs}, lines = {lines}}})")
        == answer
    )


@pytest.mark.parametrize(("quota", "tokens"), [({}, None), ({"tokens_per_day": 5}, 5)])
async def test_a_release_may_ask_for_the_tokens_left(
    ledger: Ledger, redis: Redis, quota: dict[str, int], tokens: int | None
) -> None:
    await have(ledger, **quota)
    assert await in_one_script(redis, "return tokens_left('tax')") == tokens


async def test_a_department_without_quotas_has_none_reported(ledger: Ledger) -> None:
    await have(ledger)
    assert (await submit_job(ledger, a_job())).quotas == ()
    assert await ledger.departments.quotas("tax") == ()
    # Nor one that an earlier release of Chancery made, or that is not there.
    assert (await submit_job(ledger, a_job(department="parks"))).quotas == ()


async def test_a_quota_that_is_changed_holds_from_the_next_submission_on(ledger: Ledger) -> None:
    await have(ledger, rate=0.01)
    await submit_job(ledger, a_job())
    await refused(ledger, "rate-limited")
    assert await ledger.departments.set_quota("tax", Quota(rate=1, max_in_flight=2))
    await submit_job(ledger, a_job())
    await refused(ledger, "quota-in-flight")
    assert await ledger.departments.set_quota("tax", Quota())
    await submit_job(ledger, a_job())
    assert not await ledger.departments.set_quota("none", Quota(rate=1))


async def test_a_department_of_an_earlier_release_has_its_rate_alone(
    ledger: Ledger, redis: Redis
) -> None:
    await have(ledger, rate=4)
    await redis.hdel(f"{PREFIX}department:tax", "max_in_flight", "max_queued", "tokens_per_day")
    found = await ledger.departments.get("tax")
    assert found
    assert found.quota == Quota(rate=4)
    assert [one.name for one in (await submit_job(ledger, a_job())).quotas] == [QuotaName.rate]
