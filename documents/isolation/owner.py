"""For whom work is done, so that processes are shared fairly."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple


class Owner(NamedTuple):
    """A department, and whether somebody waits for the work (the interactive lane)."""

    department: str = ""
    urgent: bool = True


_NOBODY = Owner()
_owner: ContextVar[Owner] = ContextVar("owner", default=_NOBODY)


@contextmanager
def working_for(owner: Owner) -> Iterator[None]:
    """Within the block, also in tasks created in it, processes work for `owner`."""
    token = _owner.set(owner)
    try:
        yield
    finally:
        _owner.reset(token)


def current_owner() -> Owner:
    return _owner.get()
