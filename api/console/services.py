"""The objects that pages work with, besides those of the routes of `/v1`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, Request

from jobs.accounts.sign_ins import SignIns
from jobs.batches.eta.group import GroupEta
from jobs.ledger import Ledger
from jobs.model.problems import ProblemError
from jobs.process.settings import ConsoleSettings
from jobs.reading.reading import Reading


@dataclass(slots=True)
class Console:
    """`zone`: the time zone in which pages show times."""

    ledger: Ledger
    sign_ins: SignIns
    settings: ConsoleSettings
    zone: ZoneInfo
    reading: Reading
    group_eta: GroupEta
    _has_accounts: bool = field(default=False, init=False)

    async def check_on(self) -> None:
        """Raise `ProblemError("not-found")` if the console is off."""
        if self.settings.console == "on" or self._has_accounts:
            return
        if self.settings.console == "auto":
            if self.sign_ins.provider is not None:
                return
            self._has_accounts = await self.ledger.accounts.any()
        if not self._has_accounts:
            raise ProblemError(
                "not-found",
                "The console is off. Operators create accounts with `chancery account add`.",
            )


def console_of(request: Request) -> Console:
    console = request.app.state.console
    assert isinstance(console, Console)  # noqa: S101 - set by the app's lifespan
    return console


ConsoleDep = Annotated[Console, Depends(console_of)]
