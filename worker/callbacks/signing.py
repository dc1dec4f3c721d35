"""Signatures of callbacks: Standard Webhooks 1.0.0, and HMAC-SM3 if there is an SM3 key."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Sequence
from datetime import datetime

from standardwebhooks.webhooks import Webhook

SM3_HEADER = "webhook-signature-sm3"


def signed_headers(
    secrets: Sequence[str], event_id: str, at: datetime, body: bytes, sm3_key: str | None = None
) -> dict[str, str]:
    """The headers with a signature for each secret, over `id.timestamp.body`.

    `sm3_key`: adds a signature by HMAC-SM3. Raises `ValueError` if a key is not valid or this
    Python's OpenSSL has no SM3.
    """
    text = body.decode()
    headers = {
        "webhook-id": event_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(
            Webhook(secret).sign(event_id, at, text) for secret in secrets
        ),
    }
    if sm3_key is not None:
        signed = f"{event_id}.{headers['webhook-timestamp']}.".encode() + body
        digest = hmac.new(key_bytes(sm3_key), signed, "sm3").digest()
        headers[SM3_HEADER] = f"v1,{base64.b64encode(digest).decode()}"
    return headers


def key_bytes(secret: str) -> bytes:
    """The key in a secret: base64 after an optional `whsec_`. Raises `ValueError`."""
    key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    if not key:
        raise ValueError("the key is empty")
    return key
