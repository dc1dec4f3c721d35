"""`chancery department set --window`: when bulk work of a department runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import click
from pydantic import ValidationError

from jobs.ledger import Ledger
from jobs.process.settings import BulkSettings
from jobs.windows.window import Window, WindowError


class WindowType(click.ParamType[Window]):
    """The zone must be written unless `CHANCERY_BULK_ZONE` is set where the command runs: what the
    system's own processes have for it is not known here.
    """

    name = "WINDOW"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> Window:
        try:
            settings = BulkSettings()
            zone = settings.zone if "zone" in settings.model_fields_set else None
            return Window.parse(str(value), zone)
        except ValidationError as error:
            self.fail("; ".join(one["msg"] for one in error.errors()), param, ctx)
        except WindowError as error:
            self.fail(str(error), param, ctx)


@dataclass(frozen=True, slots=True)
class WindowChange:
    """`window` None takes a department's own window away."""

    window: Window | None

    async def make(self, ledger: Ledger, department: str) -> bool:
        """False where there is no such department."""
        return await ledger.departments.set_window(department, self.window)

    def __str__(self) -> str:
        if self.window is None:
            return "bulk work runs when the platform's does"
        return f"bulk work runs {self.window}; {state(self.window, datetime.now(UTC))}"


def change_of(window: Window | None, *, no_window: bool) -> WindowChange | None:
    """What the two options ask for; None where neither is given."""
    if window and no_window:
        raise click.UsageError("--window and --no-window exclude each other.")
    return WindowChange(window) if window or no_window else None


def state(window: Window, now: datetime) -> str:
    """`now open, until 2026-03-02 06:00+08:00`, by the window's own clock."""
    is_open, change = window.is_open(now), window.next_change(now)
    if change is None:
        return "from now on always" if is_open else "from now on never"
    at = window.local(change).isoformat(sep=" ", timespec="minutes")
    return f"now {'open' if is_open else 'closed'}, until {at}"
