"""For whom work is done, so that processes are shared fairly."""

from __future__ import annotations

from contextvars import ContextVar
from typing import NamedTuple

from documents.isolation.scoped import Scoped


class Owner(NamedTuple):
    """A department, and whether somebody waits for the work (the interactive lane)."""

    department: str = ""
    urgent: bool = True


_NOBODY = Owner()
_owner: ContextVar[Owner] = ContextVar("owner", default=_NOBODY)


def working_for(owner: Owner) -> Scoped[Owner]:
    """Within the block, also in tasks created in it, processes work for `owner`."""
    return Scoped(_owner, owner)


def current_owner() -> Owner:
    return _owner.get()
