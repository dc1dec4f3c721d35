from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from email.message import Message
from typing import Any

import pytest
from standardwebhooks import Webhook

from chancery import CallbackNotGenuine, Job, verify

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
OTHER = "whsec_" + base64.b64encode(bytes(range(1, 33))).decode()
JOB = {
    "id": "job_1",
    "object": "job",
    "task": "summarize",
    "status": "succeeded",
    "result": {"summary": "纳税人应当"},
}


def body_of(kind: str = "job.succeeded", data: Any = JOB) -> bytes:
    event = {"type": kind, "timestamp": "2030-01-01T00:00:00Z", "data": data}
    return json.dumps(event, ensure_ascii=False).encode()


def signed(body: bytes, *secrets: str, age: float = 0) -> dict[str, str]:
    at = datetime.now(UTC) - timedelta(seconds=age)
    signatures = [Webhook(secret).sign("msg_1", at, body.decode()) for secret in secrets]
    return {
        "Webhook-Id": "msg_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def test_a_genuine_callback_becomes_an_event() -> None:
    body = body_of()
    event = verify(SECRET, signed(body, SECRET), body)
    assert (event.type, event.webhook_id) == ("job.succeeded", "msg_1")
    assert event.timestamp == datetime(2030, 1, 1, tzinfo=UTC)
    assert isinstance(event.data, Job)
    assert event.job.result == {"summary": "纳税人应当"}


def test_the_library_of_the_standard_agrees() -> None:
    body = body_of()
    headers = signed(body, SECRET)
    assert (
        Webhook(SECRET).verify(body, headers)["data"]["id"] == verify(SECRET, headers, body).data.id
    )


def test_headers_may_come_from_any_framework() -> None:
    body = body_of()
    message = Message()
    for name, value in signed(body, SECRET).items():
        message[name.upper()] = value
    assert verify(SECRET, message, body).webhook_id == "msg_1"


def test_a_tampered_body_is_refused() -> None:
    body = body_of()
    with pytest.raises(CallbackNotGenuine, match="No signature matches"):
        verify(SECRET, signed(body, SECRET), body.replace(b"job_1", b"job_2"))


@pytest.mark.parametrize(
    ("name", "value"), [("Webhook-Id", "msg_2"), ("webhook-timestamp", "shifted")]
)
def test_a_tampered_header_is_refused(name: str, value: str) -> None:
    body = body_of()
    headers = signed(body, SECRET)
    headers[name] = str(int(headers[name]) + 1) if value == "shifted" else value
    with pytest.raises(CallbackNotGenuine, match="No signature matches"):
        verify(SECRET, headers, body)


def test_another_departments_secret_does_not_fit() -> None:
    body = body_of()
    with pytest.raises(CallbackNotGenuine, match="No signature matches"):
        verify(OTHER, signed(body, SECRET), body)


@pytest.mark.parametrize("age", [310, -310])
def test_a_callback_from_another_time_is_refused(age: float) -> None:
    body = body_of()
    with pytest.raises(CallbackNotGenuine, match="more than 300 s"):
        verify(SECRET, signed(body, SECRET, age=age), body)


@pytest.mark.parametrize(("age", "tolerance"), [(310, 600), (200, 300)])
def test_the_tolerance_is_the_callers(age: float, tolerance: float) -> None:
    body = body_of()
    headers = signed(body, SECRET, age=age)
    assert verify(SECRET, headers, body, tolerance_seconds=tolerance).job.id == "job_1"


@pytest.mark.parametrize("signing", [[SECRET], [OTHER], [SECRET, OTHER]])
def test_while_a_secret_is_changed_the_old_and_the_new_verify(signing: list[str]) -> None:
    body = body_of()
    assert verify([OTHER, SECRET], signed(body, *signing), body).job.id == "job_1"


def test_an_event_about_a_job_holds_no_batch() -> None:
    body = body_of()
    with pytest.raises(TypeError, match="not about a batch"):
        _ = verify(SECRET, signed(body, SECRET), body).batch


def test_an_event_about_a_batch_holds_the_batch() -> None:
    body = body_of("batch.completed", {"id": "batch_1", "status": "completed"})
    event = verify(SECRET, signed(body, SECRET), body)
    assert event.data.id == event.batch.id == "batch_1"
    with pytest.raises(TypeError, match="not about a job"):
        _ = event.job


@pytest.mark.parametrize(
    "changed",
    [
        {"webhook-signature": ""},
        {"webhook-signature": "v1"},
        {"webhook-signature": "v1,%%% v1a,x ,"},
        {"webhook-signature": "v1,é"},
        {"Webhook-Id": ""},
        {"webhook-timestamp": ""},
        {"webhook-timestamp": "nan"},
        {"webhook-timestamp": "-1"},
        {"webhook-timestamp": "9" * 40},
    ],
)
def test_malformed_headers_are_refused_and_do_not_crash(changed: dict[str, str]) -> None:
    body = body_of()
    with pytest.raises(CallbackNotGenuine):
        verify(SECRET, signed(body, SECRET) | changed, body)


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(CallbackNotGenuine, match="UTF-8"):
        verify(SECRET, signed(b"{}", SECRET), b"\xff")


@pytest.mark.parametrize("body", [b"[]", b'{"type": "job.succeeded"}', body_of(data={})])
def test_a_signed_body_that_is_no_event_is_refused(body: bytes) -> None:
    with pytest.raises(CallbackNotGenuine, match="not a Chancery event"):
        verify(SECRET, signed(body, SECRET), body)


@pytest.mark.parametrize("secret", ["", [], "whsec_", "whsec_a"])
def test_a_secret_that_is_none_is_the_receivers_mistake(secret: Any) -> None:
    body = body_of()
    with pytest.raises(ValueError, match="secret"):
        verify(secret, signed(body, SECRET), body)
