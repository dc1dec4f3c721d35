"""Times as a person types them: a date, a date and time, or how far from now."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import click

_SPAN = re.compile(r"(\d{1,6})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


class MomentType(click.ParamType[datetime]):
    """A time without a zone is the machine's own. `24h` is so long ago, with `ahead` from now."""

    name = "TIME"

    def __init__(self, *, ahead: bool = False) -> None:
        self._ahead = ahead

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            if match := _SPAN.fullmatch(value):
                span = timedelta(**{_UNITS[match[2]]: int(match[1])})
                return datetime.now(UTC) + (span if self._ahead else -span)
            return datetime.fromisoformat(value).astimezone()
        except (ValueError, OverflowError):
            span_told = "in so long" if self._ahead else "for so long ago"
            self.fail(
                f"{value!r} is no time: write 2026-11-20, 2026-11-20T08:00, or 90m, 24h or 3d "
                f"{span_told}.",
                param,
                ctx,
            )
