"""What an answer to a callback comes to."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from aiohttp import web
from standardwebhooks.webhooks import Webhook

from jobs.model.department import Department
from tests.integration.processes.receiver import Answer, receiving, status
from worker.callbacks.delivery import AttemptResult, Deliverer
from worker.callbacks.own_addresses import OwnServers
from worker.callbacks.signing import signed_headers

OLD, NEW = "whsec_" + "A" * 32, "whsec_" + "B" * 32


async def answered(answer: Answer) -> AttemptResult:
    deliverer = Deliverer(5, 4, OwnServers(()))
    await deliverer.start()
    try:
        async with receiving() as receiver:
            receiver.answers.append(answer)
            department = Department("tax", ("127.0.0.1",), (NEW,))
            return await deliverer.send(department, receiver.url(), "evt_1", b"{}")
    finally:
        await deliverer.close()


@pytest.mark.parametrize(
    ("code", "delivered", "final"),
    [
        (200, True, False),
        (204, True, False),
        (299, True, False),
        (302, False, False),
        (400, False, False),
        (410, False, True),
        (500, False, False),
    ],
)
async def test_2xx_delivers_and_410_is_final(code: int, *, delivered: bool, final: bool) -> None:
    tried = await answered(status(code))
    assert (tried.delivered, tried.final) == (delivered, final)
    assert (tried.attempt.status_code, tried.attempt.error) == (code, None)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2", 2),
        ("0.5", 0.5),
        ("-5", 0),
        ("999999999", 86_400),
        ("inf", 86_400),
        ("nan", None),
        ("soon", None),
        ("", None),
        ("Fri, 31 Dec 1999 23:59:59 GMT", 0),
        ("Fri, 31 Dec 1999 23:59:59 -0000", None),
    ],
)
async def test_retry_after_is_a_bounded_number_of_seconds(text: str, seconds: float | None) -> None:
    assert (await answered(status(503, retry_after=text))).retry_after == seconds


async def test_retry_after_may_be_a_date() -> None:
    then = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    retry_after = (await answered(status(429, retry_after=then))).retry_after
    assert retry_after == pytest.approx(3_600, abs=30)


def test_every_secret_of_a_department_signs() -> None:
    body = '{"text": "税务"}'.encode()
    headers = signed_headers((OLD, NEW), "evt_1", datetime.now(UTC), body)
    assert headers["webhook-id"] == "evt_1"
    for secret in (OLD, NEW):
        Webhook(secret).verify(body, headers)
    with pytest.raises(Exception, match="No matching signature"):
        Webhook("whsec_" + "C" * 32).verify(body, headers)


async def test_an_endless_answer_is_not_read_to_the_end() -> None:
    written = 0

    async def endless(request: web.Request) -> web.StreamResponse:
        nonlocal written
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x" * 65_536)
            written += 65_536

    tried = await answered(endless)
    assert tried.delivered
    # What the two ends' buffers took. Read for as long as it may take, it would be far more.
    assert written < 32 * 1024 * 1024


def says(body: bytes, code: int = 500, **headers: str) -> Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        return web.Response(status=code, body=body, headers=named)

    return answer


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        (says(b"No such case."), "No such case."),
        (says("系统维护".encode()), "系统维护"),
        (says("系统维护".encode("gb18030"), content_type="text/html; charset=gbk"), "系统维护"),
        (says(b"x", content_type="text/plain; charset=hex"), "x"),
        (says(b"\xff\x00 binary"), "\ufffd\x00 binary"),
        (says(b"a" * 10_000), "a" * 4_096),
        (says(b""), None),
        (says(b"Thanks.", 200), None),
        (says(b"\x1f\x8b", content_encoding="gzip"), None),
    ],
)
async def test_the_beginning_of_a_failed_answer_is_kept_as_text(
    answer: Answer, kept: str | None
) -> None:
    assert (await answered(answer)).attempt.response == kept


async def test_a_failed_answer_that_never_ends_is_kept_as_far_as_it_came() -> None:
    async def stalls(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=503)
        await response.prepare(request)
        await response.write(b"Busy")
        await asyncio.Event().wait()
        return response

    attempt = (await answered(stalls)).attempt
    assert (attempt.status_code, attempt.response) == (503, "Busy")
