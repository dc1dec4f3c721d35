"""`chancery department set --allow-secrecy`: which marked documents a department may send."""

from __future__ import annotations

from dataclasses import dataclass

import click

from jobs.ledger import Ledger
from tasks.secrecy import Secrecy

NONE = "none"
secrecy_option = click.option(
    "--allow-secrecy",
    type=click.Choice((NONE, *(level.value for level in Secrecy))),
    help="The most secret marking that its documents may bear; none unless set.",
)


@dataclass(frozen=True, slots=True)
class SecrecyChange:
    """`allowed` None: no marked document."""

    allowed: Secrecy | None

    async def make(self, ledger: Ledger, department: str) -> bool:
        """False where there is no such department."""
        return await ledger.departments.set_secrecy(department, self.allowed)

    def __str__(self) -> str:
        return f"secrecy markings allowed: {shown(self.allowed)}; the api learns it within 5 s"


def secrecy_change(given: str | None) -> SecrecyChange | None:
    """What the option asks for; None where it is not given."""
    if given is None:
        return None
    return SecrecyChange(None if given == NONE else Secrecy(given))


def shown(allowed: Secrecy | None) -> str:
    return f"up to {allowed.value}" if allowed else NONE
