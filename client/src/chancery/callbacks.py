"""Verify and parse incoming callbacks (Standard Webhooks 1.0.0)."""

from __future__ import annotations

import hmac
from binascii import Error as Base64Error
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from pydantic import BaseModel, ValidationError
from standardwebhooks import Webhook
from standardwebhooks.webhooks import EmptyWebhookSecretError

from chancery.errors import CallbackNotGenuine
from chancery.models import Batch, Job

TOLERANCE_SECONDS = 300


class Headers(Protocol):
    """The request headers of any web framework, or a dictionary."""

    def items(self) -> Iterable[tuple[str, str]]: ...


@dataclass(frozen=True, slots=True)
class Event:
    """A verified callback.

    `type` is `job.succeeded`, `job.failed`, `job.cancelled` or `job.expired`, or `batch.` and the
    batch's status. `webhook_id` is the same in every delivery of one event: store it to recognize
    repeated deliveries. `timestamp` is the time of the event.
    """

    type: str
    timestamp: datetime
    data: Job | Batch
    webhook_id: str

    @property
    def job(self) -> Job:
        """The job that ended. Raises `TypeError` for an event about a batch."""
        if isinstance(self.data, Job):
            return self.data
        raise TypeError(f"A {self.type} event is not about a job.")

    @property
    def batch(self) -> Batch:
        """The batch that ended. Raises `TypeError` for an event about a job."""
        if isinstance(self.data, Batch):
            return self.data
        raise TypeError(f"A {self.type} event is not about a batch.")


class _JobBody(BaseModel):
    type: str
    timestamp: datetime
    data: Job


class _BatchBody(BaseModel):
    type: str
    timestamp: datetime
    data: Batch


def verify(
    secret: str | Sequence[str],
    headers: Headers,
    body: bytes,
    tolerance_seconds: float = TOLERANCE_SECONDS,
) -> Event:
    """Verify the signature and age of a callback and return its event.

    `secret` is the department's callback secret, or several during a change of secrets: one of them
    must match. `body` must be the bytes as received, before any parsing. `tolerance_seconds` is the
    largest difference between the signing time and this machine's clock. Raises
    `CallbackNotGenuine`, which should be answered with 400, and `ValueError` for a bad secret.
    """
    secrets = [secret] if isinstance(secret, str) else list(secret)
    if not secrets:
        raise ValueError("Give at least one callback secret.")
    signers = [_signer(each) for each in secrets]
    fields = {name.lower(): value for name, value in headers.items()}
    webhook_id = fields.get("webhook-id", "")
    signed_at = _signed_at(fields.get("webhook-timestamp", ""))
    signatures = fields.get("webhook-signature", "").split()
    if not webhook_id or not signatures:
        raise CallbackNotGenuine("The webhook-id or the webhook-signature header is missing.")
    if abs((datetime.now(UTC) - signed_at).total_seconds()) > tolerance_seconds:
        raise CallbackNotGenuine(
            f"The callback was signed at {signed_at.isoformat()}, more than "
            f"{tolerance_seconds:g} s from now: it is a replay, or one of the clocks is wrong."
        )
    text = _text(body)
    expected = [signer.sign(webhook_id, signed_at, text) for signer in signers]
    if not _any_equal(expected, signatures):
        raise CallbackNotGenuine(
            "No signature matches: the secret is wrong, or the body was changed."
        )
    return _event(webhook_id, text)


def _signer(secret: str) -> Webhook:
    try:
        return Webhook(secret)
    except (Base64Error, EmptyWebhookSecretError) as error:
        raise ValueError("A callback secret must be `whsec_` followed by base64.") from error


def _signed_at(header: str) -> datetime:
    if not (header.isascii() and header.isdecimal()):
        raise CallbackNotGenuine("The webhook-timestamp header is missing or not in seconds.")
    try:
        return datetime.fromtimestamp(int(header), UTC)
    except (OverflowError, ValueError, OSError) as error:
        raise CallbackNotGenuine("The webhook-timestamp header is out of range.") from error


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise CallbackNotGenuine("The body is not UTF-8.") from error


def _any_equal(expected: Sequence[str], signatures: Sequence[str]) -> bool:
    """Compare every pair in constant time, without stopping at the first match."""
    pairs = [
        hmac.compare_digest(ours.encode(), theirs.encode())
        for ours in expected
        for theirs in signatures
    ]
    return any(pairs)


def _event(webhook_id: str, text: str) -> Event:
    try:
        kind: type[_JobBody | _BatchBody] = _JobBody
        if _Kind.model_validate_json(text).type.startswith("batch."):
            kind = _BatchBody
        event = kind.model_validate_json(text)
    except ValidationError as error:
        raise CallbackNotGenuine(
            "The signature is valid, but the body is not a Chancery event."
        ) from error
    return Event(event.type, event.timestamp, event.data, webhook_id)


class _Kind(BaseModel):
    type: str
