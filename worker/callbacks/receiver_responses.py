"""Evaluates the response of a receiver."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime

from jobs.model.callback import Outcome
from jobs.model.formats.callback_format import GONE, CallbackFormat, Success
from tasks.department_tasks.regexes import finds
from worker.http.connection import Body, Response

# Read so far, so that the connection can be used again after a short body. Errors while the body
# is read are ignored, because the status counts, or what came of the body.
BODY = Body(64 * 1024, decode=False, seconds=1.0)
RETRY_AFTER_MAX_SECONDS = 86_400.0
_BUSY = frozenset({429, 503})


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a response says of a delivery. `unmet`: the condition of the department's format for a
    success that a response with a right status does not meet.
    """

    outcome: Outcome
    unmet: str | None = None


def verdict_of(response: Response, callback_format: CallbackFormat | None = None) -> Verdict:
    """A success is what `callback_format` says, or a status of 2xx."""
    if response.status == GONE:
        return Verdict(Outcome.gone)
    success = callback_format.success if callback_format else Success()
    statuses = success.status or range(200, 300)
    if response.status not in statuses:
        return Verdict(Outcome.failed)
    header = success.header
    if header and not finds(header.pattern, response.field(header.name) or ""):
        return Verdict(Outcome.failed, f"the header {header.name} does not match success.header")
    charset = callback_format.charset if callback_format else "utf-8"
    if success.body is not None and not finds(success.body, _body_text(response, charset)):
        return Verdict(Outcome.failed, "the body does not match success.body")
    return Verdict(Outcome.delivered)


def start_of(response: Response, most: int, charset: str = "utf-8") -> str | None:
    """The first `most` bytes as text. None: no body, or an encoded one.

    `charset`: that of a body which declares none.
    """
    start = response.body[:most]
    if not start or response.field("content-encoding") is not None:
        return None
    return _text(start, _charset_of(response, charset))


def _body_text(response: Response, charset: str) -> str:
    return _text(response.body, _charset_of(response, charset))


def _charset_of(response: Response, default: str) -> str:
    declared = Message()
    declared["content-type"] = response.field("content-type") or ""
    return declared.get_content_charset(default)


def _text(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding, errors="replace")
    except LookupError:
        return data.decode(errors="replace")


def retry_after_of(response: Response) -> float | None:
    """Seconds of `Retry-After`, a number or a date (RFC 9110 10.2.3), of a 429 or 503 response.

    At most a day. None: another status, no header, or one that cannot be parsed.
    """
    value = response.field("retry-after")
    if value is None or response.status not in _BUSY:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds()
        except (TypeError, ValueError):
            return None
    return None if math.isnan(seconds) else min(max(seconds, 0.0), RETRY_AFTER_MAX_SECONDS)
