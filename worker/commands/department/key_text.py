"""API keys as text and as JSON, without their secret part."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from jobs.model.api_key import ALL_SCOPES, ApiKey, KeyState, Scope
from worker.commands.messages import message


def key_as_json(key: ApiKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "state": key.state.value,
        "scopes": sorted(key.scopes),
        "networks": [str(network) for network in key.networks],
        "label": key.label,
        "created_at": moment(key.created_at),
        "until": moment(key.until),
        "revoked_at": moment(key.revoked_at),
    }


def key_line(key: ApiKey) -> str:
    """`0a1b2c3d4e5f submit,read from 10.1.0.0/16 until 2026-12-01 09:00 (registry)`."""
    networks = (
        message(" from {networks}", networks=", ".join(map(str, key.networks)))
        if key.networks
        else ""
    )
    ended = "" if key.state is KeyState.valid else f" {message(key.state.value)}"
    label = f" ({key.label})" if key.label else ""
    return f"{key.id} {_scopes(key.scopes)}{networks}{until_text(key.until)}{ended}{label}"


def moment(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None


def until_text(until: datetime | None) -> str:
    return message(" until {at:%Y-%m-%d %H:%M}", at=until.astimezone()) if until else ""


def _scopes(scopes: frozenset[Scope]) -> str:
    return message("all scopes") if scopes == ALL_SCOPES else ",".join(sorted(scopes))
