"""Command line parameters: files, times and `K=V` pairs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from chancery.messages import message

files_argument = click.argument(
    "files",
    metavar="FILE...",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)

_SPAN = re.compile(r"(\d{1,6})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


class DateParameter(click.ParamType[date]):
    """A day such as `2026-11-30`."""

    name = "DATE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        try:
            return value if isinstance(value, date) else date.fromisoformat(value)
        except ValueError:
            self.fail(message("{value!r} is not a day such as 2026-11-30", value=value), param, ctx)


class TimeParameter(click.ParamType[datetime]):
    """A date, a date and time, or a span such as `24h`: ago, or from now with `future`.

    A time without a time zone is in the machine's zone.
    """

    name = "TIME"

    def __init__(self, *, future: bool = False) -> None:
        self._future = future

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            if match := _SPAN.fullmatch(value):
                span = timedelta(**{_UNITS[match[2]]: int(match[1])})
                return datetime.now(UTC) + (span if self._future else -span)
            return datetime.fromisoformat(value).astimezone()
        except (ValueError, OverflowError):
            direction = message("from now") if self._future else message("ago")
            self.fail(
                message(
                    "{value!r} is not a time. Examples: 2026-11-20, 2026-11-20T08:00, or "
                    "90m, 24h, 3d ({direction}).",
                    value=value,
                    direction=direction,
                ),
                param,
                ctx,
            )


def json_pairs(pairs: Sequence[str], option: str) -> dict[str, Any]:
    """`K=V` pairs. A value that is valid JSON is parsed, any other is text."""
    return {key: _json_or_text(value) for key, value in _split(pairs, option)}


def text_pairs(pairs: Sequence[str], option: str) -> dict[str, str]:
    """`K=V` pairs with text values."""
    return dict(_split(pairs, option))


def _split(pairs: Sequence[str], option: str) -> Iterator[tuple[str, str]]:
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not key or not equals:
            raise click.BadParameter(message("{pair!r} is not K=V.", pair=pair), param_hint=option)
        yield key, value


def _json_or_text(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value
