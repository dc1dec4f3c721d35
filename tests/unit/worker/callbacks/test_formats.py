"""Callbacks in the formats of older receivers."""

from __future__ import annotations

import base64
import hmac
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl
from xml.etree import ElementTree as ET

import pytest
from aiohttp import web

from jobs.model.callback import Callback, Outcome
from jobs.model.department import CallbackOptions, Department
from jobs.model.formats.callback_format import read_format
from jobs.model.lanes import Lane
from jobs.model.states import CallbackStatus, JobStatus
from jobs.views import JobView
from tests.integration.processes.receiver import receiving
from worker.callbacks.delivery import AttemptResult, Deliverer
from worker.callbacks.events import job_body
from worker.callbacks.formats import formatted
from worker.callbacks.own_addresses import OwnServers
from worker.callbacks.signing import key_bytes

PAGE = Path(__file__).parents[4] / "docs/integration/callback-formats.md"
EXAMPLE = re.findall(r"```toml\n(.*?)```", PAGE.read_text(), re.DOTALL)[0]
SECRET = "whsec_" + "A" * 32
EVENT: Mapping[str, Any] = {
    "id": "evt_1",
    "type": "job.succeeded",
    "timestamp": "2026-11-23T09:00:09Z",
    "data": {
        "status": "succeeded",
        "attempts": 2,
        "metadata": {"case": "税务〔2026〕1187号"},
        "result": {"summary": "停水 <3月5日> & 恢复", "list": [{"a": 1.5}, None, True]},
        "error": None,
    },
}


def rendered(text: str, event: Mapping[str, Any] = EVENT) -> bytes:
    return formatted(read_format(text.encode()), event)


def test_the_example_of_the_page_is_xml_in_gb18030() -> None:
    body = rendered(EXAMPLE)
    declaration, _, xml = body.decode("gb18030").partition("?>")
    assert declaration == '<?xml version="1.0" encoding="GB18030"'
    root = ET.fromstring(xml)
    assert (root.tag, root.attrib) == ("MESSAGE", {"VERSION": "1.0"})
    texts = {f"{part.tag}.{field.tag}": field.text or "" for part in root for field in part}
    assert texts == {
        "HEAD.SYSCODE": "CHANCERY",
        "HEAD.MSGID": "evt_1",
        "HEAD.SENDTIME": "2026-11-23T09:00:09Z",
        "BODY.YWH": "税务〔2026〕1187号",
        "BODY.ZT": "1",
        "BODY.ZY": "停水 <3月5日> & 恢复",
        "BODY.CWXX": "",
    }
    failed = {**EVENT, "data": {"status": "expired"}}
    assert "<ZT>9</ZT>" in rendered(EXAMPLE, failed).decode("gb18030")


def test_a_form_is_encoded_in_its_charset_in_the_order_of_its_fields() -> None:
    text = 'body = "form"\ncharset = "GB18030"\n[fields]\n"a.b" = "${data.result.summary}"\nc = 3'
    body = rendered(text)
    assert body.startswith(b"a.b=%CD%A3%CB%AE")
    assert parse_qsl(body.decode(), encoding="gb18030") == [
        ("a.b", "停水 <3月5日> & 恢复"),
        ("c", "3"),
    ]


def test_json_keeps_the_types_of_single_placeholders() -> None:
    text = """
        body = "json"
        [fields]
        "head.count" = "${data.attempts}"
        "head.text" = "no. ${data.attempts}, $$5, ${data.nothing}"
        "head.constant" = 2.5
        whole = "${data.result.list}"
        first = "${data.result.list.0.a}"
        none = "${data.result.list.9}"
        error = "${data.error}"
        state = "${data.status.x}"
    """
    assert json.loads(rendered(text)) == {
        "head": {"count": 2, "text": "no. 2, $5, ", "constant": 2.5},
        "whole": [{"a": 1.5}, None, True],
        "first": 1.5,
        "none": None,
        "error": None,
        "state": None,
    }


def test_values_are_replaced_by_their_text_and_absent_ones_by_the_empty_text() -> None:
    text = """
        body = "json"
        [fields]
        a = "${data.attempts}"
        b = "${data.error}"
        c = "${data.status}!"
        [values]
        "data.attempts" = {"2" = "two"}
        "data.error" = {"" = "0"}
        "data.status" = {"failed" = "1"}
    """
    assert json.loads(rendered(text)) == {"a": "two", "b": "0", "c": "succeeded!"}


def test_xml_has_prefixes_attributes_and_no_character_that_xml_forbids() -> None:
    text = """
        body = "xml"
        root = "soap:Envelope"
        [fields]
        "@xmlns:soap" = "http://schemas.xmlsoap.org/soap/envelope/"
        "soap:Body.结果.@kind" = '<"${type}">'
        "soap:Body.结果.text" = "${data.text}"
    """
    event = {**EVENT, "data": {"text": "a\x00b\x0bc😀"}}
    root = ET.fromstring(rendered(text, event))
    assert root.tag == "{http://schemas.xmlsoap.org/soap/envelope/}Envelope"
    assert root[0][0].attrib == {"kind": '<"job.succeeded">'}
    assert root[0][0][0].text == "a\ufffdb\ufffdc😀"


def a_job(result: object) -> tuple[Callback, JobView]:
    at = datetime(2026, 11, 23, tzinfo=UTC)
    job = JobView(
        id="job_1", task="parse", department="tax", lane=Lane.bulk, status=JobStatus.succeeded,
        created_at=at, finished_at=at, document_id=None, metadata={}, result=result,
    )  # fmt: skip
    callback = Callback(
        "evt_1", "job_1", None, "tax", "job.succeeded", "http://a", CallbackStatus.pending, (), None
    )
    return callback, job


@pytest.mark.parametrize(("length", "times"), [(3_000, 1), (600, 3)])
def test_a_result_that_does_not_fit_is_replaced_by_its_address(length: int, times: int) -> None:
    fields = "".join(f'r{n} = "${{data.result}}"\n' for n in range(times))
    text = f'body = "json"\n[fields]\n{fields}url = "${{data.result_url}}"'
    callback, job = a_job("x" * length)
    body = job_body(
        callback, job, read_format(text.encode()), public_url="http://c", max_bytes=1_500
    )
    assert json.loads(body) == {
        **dict.fromkeys((f"r{n}" for n in range(times)), None),
        "url": "http://c/v1/jobs/job_1/result",
    }


async def answered(text: str, body: bytes, response: web.Response) -> tuple[AttemptResult, Any]:
    async def answer(request: web.Request) -> web.StreamResponse:
        return response

    deliverer = Deliverer(5, 4, OwnServers(()))
    await deliverer.start()
    options = CallbackOptions(
        headers={"x-b": "department"}, format=read_format(text.encode()), sm3_key=SECRET
    )
    try:
        async with receiving() as receiver:
            receiver.answers.append(answer)
            department = Department("tax", ("127.0.0.1",), (SECRET,))
            attempt = await deliverer.send(
                department, receiver.url(), "evt_1", body, options=options
            )
            return attempt, receiver.received[0]
    finally:
        await deliverer.close()


async def test_the_bytes_in_gb18030_are_sent_and_signed_with_fixed_headers() -> None:
    body = rendered(EXAMPLE)
    ok = web.Response(text="<CODE>0</CODE>")
    attempt, received = await answered(EXAMPLE, body, ok)
    assert attempt.delivered
    assert received.body == body
    assert received.headers["content-type"] == "application/xml; charset=GB18030"
    assert received.headers["soapaction"] == "urn:receive"
    assert received.headers["x-b"] == "department"
    signed = f"evt_1.{received.headers['webhook-timestamp']}.".encode() + body
    for header, algorithm in (("webhook-signature", "sha256"), ("webhook-signature-sm3", "sm3")):
        digest = hmac.digest(key_bytes(SECRET), signed, algorithm)
        assert received.headers[header] == f"v1,{base64.b64encode(digest).decode()}"


LEAST = 'body = "json"\n[fields]\na = 1\n[success]\n'


@pytest.mark.parametrize(
    ("success", "response", "outcome", "unmet"),
    [
        ('body = "成功"', web.Response(body="成功".encode()), Outcome.delivered, None),
        ('body = "^0$"', web.Response(text="10"), Outcome.failed, "the body does not match"),
        ('body = "0"', web.Response(status=500, text="0"), Outcome.failed, None),
        ("status = [500]", web.Response(status=500), Outcome.delivered, None),
        ("status = [201]", web.Response(status=200), Outcome.failed, None),
        ('body = ""', web.Response(status=410), Outcome.gone, None),
        (
            'header = {name = "X-Result", pattern = "^ok$"}',
            web.Response(headers={"x-result": "ok"}),
            Outcome.delivered,
            None,
        ),
        (
            'header = {name = "X-Result", pattern = "^ok$"}',
            web.Response(headers={"x-result": "not ok"}),
            Outcome.failed,
            "the header x-result does not match",
        ),
    ],
)
async def test_a_success_is_what_the_format_says(
    success: str, response: web.Response, outcome: Outcome, unmet: str | None
) -> None:
    result, _ = await answered(LEAST + success, b"{}", response)
    assert result.outcome is outcome
    assert result.final is (outcome is Outcome.gone)
    assert (result.attempt.error or "").startswith(unmet or "")
    assert bool(result.attempt.error) is bool(unmet)
    assert result.attempt.status_code == response.status


async def test_a_body_without_a_declared_charset_has_that_of_the_format() -> None:
    text = 'charset = "GB18030"\n' + LEAST + 'body = "处理成功"'
    refused = web.Response(
        body="编号不存在".encode("gb18030"), headers={"content-type": "text/xml"}
    )
    result, _ = await answered(text, b"{}", refused)
    assert (result.outcome, result.attempt.response) == (Outcome.failed, "编号不存在")
    taken = web.Response(body="处理成功".encode("gb18030"), headers={"content-type": "text/xml"})
    assert (await answered(text, b"{}", taken))[0].delivered
