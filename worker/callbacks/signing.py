"""Signatures of callbacks: Standard Webhooks 1.0.0, and HMAC-SM3 if there is an SM3 key."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Sequence
from datetime import datetime

SM3_HEADER = "webhook-signature-sm3"


def signed_headers(
    secrets: Sequence[str], event_id: str, at: datetime, body: bytes, sm3_key: str | None = None
) -> dict[str, str]:
    """The headers with a signature for each secret, over `id.timestamp.body`.

    `sm3_key`: adds a signature by HMAC-SM3. Raises `ValueError` if a key is not valid or this
    Python's OpenSSL has no SM3.
    """
    timestamp = str(int(at.timestamp()))
    # Bytes: a body need not be UTF-8, which the library of Standard Webhooks expects.
    signed = f"{event_id}.{timestamp}.".encode() + body
    headers = {
        "webhook-id": event_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(_signature(each, signed, "sha256") for each in secrets),
    }
    if sm3_key is not None:
        headers[SM3_HEADER] = _signature(sm3_key, signed, "sm3")
    return headers


def _signature(secret: str, signed: bytes, algorithm: str) -> str:
    digest = hmac.new(key_bytes(secret), signed, algorithm).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def key_bytes(secret: str) -> bytes:
    """The key in a secret: base64 after an optional `whsec_`. Raises `ValueError`."""
    key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    if not key:
        raise ValueError("the key is empty")
    return key
