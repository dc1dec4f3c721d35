"""Time zones: the clocks that windows go by, and when they are put forward or back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from jobs.windows.rules import WindowError

_ONE_DAY = timedelta(days=1)
_ONE_SECOND = timedelta(seconds=1)


@lru_cache(maxsize=64)
def clock(zone: str) -> tzinfo:
    """The clock of a zone. UTC needs no database. Raises `ValueError` for what is no zone."""
    if zone == "UTC":
        return UTC
    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, OSError, ValueError) as error:
        raise ValueError(zone) from error


def check_zone(zone: str, at: int) -> None:
    """Raises `WindowError` for what is no zone, or where no zones are known at all."""
    try:
        clock(zone)
    except ValueError as error:
        if not available_timezones():
            message = (
                f"the zone {zone!r} cannot be looked up: this machine has no time zone database; "
                "install the Python package tzdata"
            )
        else:
            message = f"expected a zone of the IANA database such as Asia/Shanghai, found {zone!r}"
        raise WindowError(message, at) from error


def offset(moment: datetime, zone: str) -> timedelta:
    """How far the zone's clock is ahead of UTC."""
    ahead = moment.astimezone(clock(zone)).utcoffset()
    return ahead if ahead is not None else timedelta()


def one_setting(begin: datetime, zone: str) -> datetime:
    """Up to when, at most a day after `begin`, the clock is not put forward or back."""
    before, end = offset(begin, zone), begin + _ONE_DAY
    if offset(end, zone) == before:
        return end
    begin = begin.replace(microsecond=0)
    while end - begin > _ONE_SECOND:
        middle = begin + timedelta(seconds=(end - begin) // _ONE_SECOND // 2)
        if offset(middle, zone) == before:
            begin = middle
        else:
            end = middle
    return end.replace(microsecond=0)
