"""Formats received callbacks for the terminal."""

from __future__ import annotations

import json
import textwrap
from typing import Any

from receiver import Received

LONGEST_TEXT = 160
MOST_ITEMS = 4
SIGNATURE_SHOWN = 22


def format_callback(callback: Received) -> str:
    """The headers and body of a callback, with long values shortened."""
    headers = callback.headers
    signature = headers.get("webhook-signature", "")
    lines = [
        f"webhook-id: {headers.get('webhook-id')}",
        f"webhook-timestamp: {headers.get('webhook-timestamp')}",
        f"webhook-signature: {signature[:SIGNATURE_SHOWN]}...",
        "",
        json.dumps(shorten(json.loads(callback.body)), ensure_ascii=False, indent=2),
    ]
    return textwrap.indent("\n".join(lines), "  ")


def shorten(value: Any) -> Any:
    """`value` with long texts and lists shortened, and their length given."""
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        return f"{value[:LONGEST_TEXT]}... ({len(value)} characters)"
    if isinstance(value, list):
        cut = [shorten(item) for item in value[:MOST_ITEMS]]
        more = len(value) - MOST_ITEMS
        return [*cut, f"... {more} more"] if more > 0 else cut
    if isinstance(value, dict):
        return {name: shorten(item) for name, item in value.items()}
    return value
