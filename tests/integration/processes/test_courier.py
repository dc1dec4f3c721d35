"""Callbacks as couriers deliver them: what counts as delivered, what is tried again, what is dead.

The system tries three times, 0.1 s apart.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
from redis import Redis
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from chancery import verify
from jobs.ledger.runs import Ending
from jobs.model.callback import Callback
from jobs.model.department import CallbackOptions
from jobs.model.states import CallbackStatus, JobStatus
from standin.ports import reserved_port
from tests.integration.processes.conftest import OpenDesk
from tests.integration.processes.receiver import (
    Answer,
    Receiver,
    drops,
    endless,
    never,
    receiving,
    status,
    trickle,
)
from tests.integration.processes.system import Desk, System, until


async def called_back(desk: Desk, receiver: Receiver, *answers: Answer) -> Callback:
    receiver.answers.extend(answers)
    return await desk.settled(await desk.submit(callback_url=receiver.url()))


def codes(callback: Callback) -> list[int | None]:
    return [attempt.status_code for attempt in callback.attempts]


async def test_a_failed_attempt_is_made_again_with_the_same_id_and_body(
    desk: Desk, receiver: Receiver
) -> None:
    callback = await called_back(desk, receiver, status(500), status(400))
    assert (callback.status, codes(callback)) == (CallbackStatus.delivered, [500, 400, 204])
    assert receiver.ids() == {callback.id}
    assert len({one.body for one in receiver.received}) == 1
    assert [one.headers["chancery-attempt"] for one in receiver.received] == ["1", "2", "3"]
    job = await desk.job(callback.job_id)
    finished_at = json.loads(receiver.received[0].body)["data"]["finished_at"]
    assert datetime.fromisoformat(finished_at) == job.finished_at
    for one in receiver.received:
        Webhook(desk.secret).verify(one.body, one.headers)


async def test_after_the_last_attempt_a_callback_is_dead_and_stays_so(
    desk: Desk, receiver: Receiver
) -> None:
    callback = await called_back(desk, receiver, *[status(500)] * 4)
    assert (callback.status, codes(callback)) == (CallbackStatus.dead, [500, 500, 500])
    assert callback.next_attempt_at is None
    assert [one.id for one in (await _dead(desk))] == [callback.id]


async def test_a_dead_callback_is_sent_again_on_demand_under_its_id(
    desk: Desk, receiver: Receiver
) -> None:
    callback = await called_back(desk, receiver, *[status(500)] * 4)
    again = await desk.ledger.callbacks.redeliver(desk.name, callback.id)
    assert again is not None
    after = await desk.settled(callback.job_id)
    # A fresh round: the fourth answer, 500 too, is not the last.
    assert codes(after) == [500, 500, 500, 500, 204]
    assert after.status is CallbackStatus.delivered
    assert receiver.ids() == {callback.id}


async def test_a_receiver_that_does_not_answer_is_tried_again(
    empty_system: System, open_desk: OpenDesk, receiver: Receiver
) -> None:
    for role in ("courier", "scheduler"):
        empty_system.start(role, CHANCERY_CALLBACK_TIMEOUT_SECONDS="1.5")
    desk = await open_desk(empty_system)
    receiver.answers.append(never)
    callback = await desk.settled(await _finished(desk, receiver))
    assert callback.status is CallbackStatus.delivered
    # On a machine that stands still, the second attempt may be as late as the first.
    assert codes(callback)[0] is None
    assert callback.attempts[0].error == "no response within 1.5 s"
    assert callback.attempts[0].seconds > 1.4


async def test_a_connection_that_breaks_is_tried_again(desk: Desk, receiver: Receiver) -> None:
    callback = await called_back(desk, receiver, drops)
    assert codes(callback) == [None, 204]
    assert callback.attempts[0].error


async def test_a_refused_connection_is_a_failed_attempt(desk: Desk) -> None:
    job_id = await desk.submit(callback_url=f"http://127.0.0.1:{reserved_port()}/hook")
    callback = await desk.settled(job_id)
    assert (callback.status, codes(callback)) == (CallbackStatus.dead, [None] * 3)
    assert all(attempt.error for attempt in callback.attempts)


@pytest.mark.parametrize("code", [301, 302, 307, 308])
async def test_a_redirect_is_a_failure_and_is_not_followed(
    desk: Desk, receiver: Receiver, code: int
) -> None:
    async with receiving() as other:
        callback = await called_back(desk, receiver, *[status(code, location=other.url())] * 3)
        assert codes(callback) == [code] * 3
        assert callback.status is CallbackStatus.dead
        assert other.received == []


async def test_410_stops_the_url_until_a_callback_is_sent_again(
    desk: Desk, receiver: Receiver
) -> None:
    callback = await called_back(desk, receiver, status(410))
    assert (callback.status, codes(callback)) == (CallbackStatus.dead, [410])

    stopped = await called_back(desk, receiver)
    assert (stopped.status, codes(stopped)) == (CallbackStatus.dead, [])
    assert "410" in (stopped.error or "")
    elsewhere = await desk.submit(callback_url=receiver.url("/other"))
    assert (await desk.settled(elsewhere)).status is CallbackStatus.delivered
    assert len(receiver.to("/hook")) == 1

    await desk.ledger.callbacks.redeliver(desk.name, callback.id)
    assert (await desk.settled(callback.job_id)).status is CallbackStatus.delivered
    assert (await called_back(desk, receiver)).status is CallbackStatus.delivered


@pytest.mark.parametrize("code", [429, 503])
async def test_a_busy_receiver_is_left_alone_for_as_long_as_it_asks(
    desk: Desk, receiver: Receiver, code: int
) -> None:
    callback = await called_back(desk, receiver, status(code, retry_after="1"))
    first, second = (attempt.at for attempt in callback.attempts)
    assert second - first >= timedelta(seconds=1)


async def test_retry_after_of_another_status_has_no_weight(desk: Desk, receiver: Receiver) -> None:
    callback = await called_back(desk, receiver, status(500, retry_after="3600"))
    assert codes(callback) == [500, 204]


@pytest.mark.parametrize("answer", [endless, trickle], ids=["endless", "trickle"])
async def test_a_200_counts_however_its_body_goes_on(
    desk: Desk, receiver: Receiver, answer: Answer
) -> None:
    callback = await called_back(desk, receiver, answer)
    assert (callback.status, codes(callback)) == (CallbackStatus.delivered, [200])


async def test_localhost_is_found_and_called_by_its_name(
    system: System, open_desk: OpenDesk, receiver: Receiver
) -> None:
    desk = await open_desk(system, f"localhost:{receiver.port}")
    job_id = await desk.submit(callback_url=receiver.url(host="LOCALHOST"))
    assert (await desk.settled(job_id)).status is CallbackStatus.delivered
    assert receiver.received[0].headers["host"] == f"localhost:{receiver.port}"


async def test_a_host_that_left_the_allow_list_is_not_called(
    system: System, desk: Desk, receiver: Receiver
) -> None:
    with Redis.from_url(system.redis_url) as redis:
        redis.hset(f"chancery:department:{desk.name}", "callback_allow", '["10.0.0.0/8"]')
    callback = await called_back(desk, receiver)
    assert (callback.status, receiver.received) == (CallbackStatus.dead, [])
    assert "allow-list" in (callback.attempts[0].error or "")


async def test_the_platforms_own_servers_are_not_called(system: System, desk: Desk) -> None:
    redis_port = system.redis_url.rsplit(":", 1)[1].split("/")[0]
    job_id = await desk.submit(callback_url=f"http://127.0.0.1:{redis_port}/")
    callback = await desk.settled(job_id)
    assert callback.status is CallbackStatus.dead
    assert "platform" in (callback.attempts[0].error or "")


async def test_a_callback_whose_department_has_gone_is_dead_and_the_courier_lives(
    system: System, open_desk: OpenDesk, receiver: Receiver
) -> None:
    gone, stays = await open_desk(system), await open_desk(system)
    with Redis.from_url(system.redis_url) as redis:
        redis.delete(f"chancery:department:{gone.name}")
    callback = await called_back(gone, receiver)
    assert (callback.status, len(callback.attempts)) == (CallbackStatus.dead, 1)
    assert callback.attempts[0].error == f"the department {gone.name} does not exist"
    assert (await called_back(stays, receiver)).status is CallbackStatus.delivered


async def test_a_callback_whose_result_is_lost_ends_dead_and_says_so(
    system: System, desk: Desk, receiver: Receiver
) -> None:
    receiver.answers.append(status(410))
    job_id = await desk.submit(callback_url=receiver.url())
    callback = await desk.settled(job_id)
    with Redis.from_url(system.redis_url) as redis:
        redis.hset(f"chancery:job:{job_id}", "result_blob", f"{desk.name}/aa/gone")
    await desk.ledger.callbacks.redeliver(desk.name, callback.id)
    after = await desk.settled(job_id)
    assert (after.status, codes(after)) == (CallbackStatus.dead, [410, None, None, None])
    assert after.attempts[-1].error == "the callback could not be built (FileNotFoundError)"


async def test_a_courier_killed_in_a_delivery_loses_nothing(
    empty_system: System, open_desk: OpenDesk, receiver: Receiver
) -> None:
    desk = await open_desk(empty_system)
    first = empty_system.start("courier", CHANCERY_CALLBACK_LEASE_SECONDS="3")
    receiver.answers.append(never)
    job_id = await _finished(desk, receiver)
    await until(lambda: receiver.received)

    first.kill()
    for role in ("scheduler", "courier"):
        empty_system.start(role)

    callback = await desk.settled(job_id)
    assert (callback.status, len(receiver.received)) == (CallbackStatus.delivered, 2)
    assert receiver.ids() == {callback.id}
    first_at, second_at = (_sent_at(one.headers) for one in receiver.received)
    assert second_at - first_at >= timedelta(seconds=2)


async def _finished(desk: Desk, receiver: Receiver) -> str:
    """A job with a callback that a worker has finished; returns its id."""
    job_id = await desk.submit(callback_url=receiver.url())
    (claim,) = (await desk.ledger.runs.claim([job_id], "a worker", 60)).granted
    assert await desk.ledger.runs.finish(claim, Ending(JobStatus.succeeded, result="1"))
    return job_id


def _sent_at(headers: dict[str, str]) -> datetime:
    return datetime.fromtimestamp(int(headers["webhook-timestamp"]))  # noqa: DTZ006 - a difference


async def _dead(desk: Desk) -> list[Callback]:
    return list((await desk.ledger.callbacks.list(desk.name, status=CallbackStatus.dead)).items)


async def test_while_a_secret_is_changed_both_verify_and_then_the_new_one_alone(
    desk: Desk, receiver: Receiver
) -> None:
    new = await desk.ledger.credentials.rotate_secret(desk.name, timedelta(hours=24))
    assert new is not None
    await called_back(desk, receiver)
    (both,) = receiver.received
    for secret in (new, desk.secret):
        Webhook(secret).verify(both.body, both.headers)
        assert verify(secret, both.headers, both.body).webhook_id == both.headers["webhook-id"]

    newest = await desk.ledger.credentials.rotate_secret(desk.name, timedelta())
    assert newest is not None
    await called_back(desk, receiver)
    alone = receiver.received[1]
    Webhook(newest).verify(alone.body, alone.headers)
    for old in (new, desk.secret):
        with pytest.raises(WebhookVerificationError):
            Webhook(old).verify(alone.body, alone.headers)


async def test_what_a_department_has_set_goes_out_with_its_callbacks(
    desk: Desk, receiver: Receiver
) -> None:
    options = CallbackOptions(headers={"x-system": "oa"}, sm3_key=desk.secret)
    assert await desk.ledger.departments.set_callback_options(desk.name, options)
    callback = await called_back(desk, receiver)
    assert callback.status is CallbackStatus.delivered
    (one,) = receiver.received
    assert one.headers["x-system"] == "oa"
    assert one.headers["webhook-signature-sm3"].startswith("v1,")
    Webhook(desk.secret).verify(one.body, one.headers)
