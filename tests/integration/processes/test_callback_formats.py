"""Callbacks in a department's own format, as a courier sends them to a receiver."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable
from urllib.parse import parse_qs

import pytest
from aiohttp import web
from lxml import etree

from jobs.model.department import CallbackOptions
from jobs.model.formats.callback_format import read_format
from jobs.model.states import CallbackStatus
from tests.integration.processes.receiver import Answer, Receiver
from tests.integration.processes.system import Desk
from worker.callbacks.signing import key_bytes

CASE = "税务〔2026〕1187号"
TAIL = """
[headers]
soapaction = "urn:receive"
[success]
status = [200]
body = "<CODE>0+</CODE>"
"""
XML = """
body = "xml"
charset = "GB18030"
root = "MESSAGE"
[fields]
"HEAD.MSGID" = "${id}"
"BODY.YWH" = "${data.metadata.case}"
"BODY.ZT" = "${data.status}"
"""
FORM = """
body = "form"
charset = "GB18030"
[fields]
MSGID = "${id}"
YWH = "${data.metadata.case}"
ZT = "${data.status}"
"""
JSON = FORM.replace('"form"', '"json"')


def of_xml(body: bytes) -> list[str]:
    root = etree.fromstring(body)
    return [root.findtext(path) or "" for path in ("HEAD/MSGID", "BODY/YWH", "BODY/ZT")]


def of_form(body: bytes) -> list[str]:
    fields = parse_qs(body.decode("ascii"), encoding="gb18030", strict_parsing=True)
    return [fields[name][0] for name in ("MSGID", "YWH", "ZT")]


def of_json(body: bytes) -> list[str]:
    return list(json.loads(body.decode("gb18030")).values())


def says(text: str) -> Answer:
    """200 with this body, as older systems answer."""

    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(text=text)

    return answer


@pytest.mark.parametrize(
    ("described", "media_type", "fields"),
    [
        (XML, "application/xml; charset=GB18030", of_xml),
        (FORM, "application/x-www-form-urlencoded; charset=GB18030", of_form),
        (JSON, "application/json; charset=GB18030", of_json),
    ],
)
async def test_a_courier_signs_the_bytes_that_it_sends_in_the_departments_format(
    desk: Desk,
    receiver: Receiver,
    described: str,
    media_type: str,
    fields: Callable[[bytes], list[str]],
) -> None:
    options = CallbackOptions(format=read_format((described + TAIL).encode()))
    assert await desk.ledger.departments.set_callback_options(desk.name, options)
    receiver.answers.extend([says("<CODE>17</CODE>"), says("<CODE>00</CODE>")])
    job_id = await desk.submit(callback_url=receiver.url(), metadata={"case": CASE})
    callback = await desk.settled(job_id)

    # The first answer is 200 too, but its body says that the message was refused.
    assert callback.status is CallbackStatus.delivered
    assert [attempt.status_code for attempt in callback.attempts] == [200, 200]
    assert "body" in (callback.attempts[0].error or "")
    assert len(receiver.received) == 2
    for one in receiver.received:
        assert fields(one.body) == [callback.id, CASE, "succeeded"]
        assert one.headers["content-type"] == media_type
        assert one.headers["soapaction"] == "urn:receive"
        signed = f"{callback.id}.{one.headers['webhook-timestamp']}.".encode() + one.body
        digest = hmac.digest(key_bytes(desk.secret), signed, "sha256")
        expected = f"v1,{base64.b64encode(digest).decode()}"
        assert one.headers["webhook-signature"] == expected
