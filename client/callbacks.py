"""Callbacks as they arrive: are they genuine, and what do they say (Standard Webhooks 1.0.0)."""

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

from client.errors import CallbackNotGenuine
from client.models import Batch, Job

TOLERANCE_SECONDS = 300


class Headers(Protocol):
    """The headers of any framework's request, or a plain dictionary."""

    def items(self) -> Iterable[tuple[str, str]]: ...


@dataclass(frozen=True, slots=True)
class Event:
    """A callback that was verified.

    `type` is `job.succeeded`, `job.failed`, `job.cancelled`, `job.expired`, or `batch.` and how the
    batch ended. `webhook_id` is the same at every delivery of one event: keep those that you have
    seen. `timestamp` is when it happened.
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
    """The event in `body`, once its signature and its age are right.

    `secret` is the department's callback secret, or several while it is being changed: any that
    verifies will do. `body` must be the bytes as received, before any parsing. Raises
    `CallbackNotGenuine`, to be answered with 400, and `ValueError` for a secret that is none.
    """
    secrets = [secret] if isinstance(secret, str) else list(secret)
    if not secrets:
        raise ValueError("At least one callback secret is needed.")
    signers = [_signer(each) for each in secrets]
    given = {name.lower(): value for name, value in headers.items()}
    webhook_id = given.get("webhook-id", "")
    signed_at = _signed_at(given.get("webhook-timestamp", ""))
    signatures = given.get("webhook-signature", "").split()
    if not webhook_id or not signatures:
        raise CallbackNotGenuine("The webhook-id or the webhook-signature header is missing.")
    if abs((datetime.now(UTC) - signed_at).total_seconds()) > tolerance_seconds:
        raise CallbackNotGenuine(
            f"Signed at {signed_at.isoformat()}, more than {tolerance_seconds:g} s from now: "
            "old, sent again by someone else, or a clock is wrong."
        )
    text = _text(body)
    expected = [signer.sign(webhook_id, signed_at, text) for signer in signers]
    if not _any_equal(expected, signatures):
        raise CallbackNotGenuine("No signature fits: another secret, or not the bytes as sent.")
    return _event(webhook_id, text)


def _signer(secret: str) -> Webhook:
    try:
        return Webhook(secret)
    except (Base64Error, EmptyWebhookSecretError) as error:
        raise ValueError("A callback secret is `whsec_` and base64 after it.") from error


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
    """Compares all with all, in a time that does not tell which fits."""
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
        told = kind.model_validate_json(text)
    except ValidationError as error:
        raise CallbackNotGenuine("Signed rightly, but not an event of Chancery's.") from error
    return Event(told.type, told.timestamp, told.data, webhook_id)


class _Kind(BaseModel):
    type: str
