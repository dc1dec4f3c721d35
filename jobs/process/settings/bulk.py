"""When and how bulk work is released."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import (
    Field,
    PrivateAttr,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from jobs.windows.holidays import NO_HOLIDAYS, HolidayFile, Holidays, HolidaysError
from jobs.windows.rules import check_zone
from jobs.windows.window import Window, WindowError


class BulkSettings(BaseSettings):
    """Raises `ValidationError` for an invalid window, time zone or file of holidays."""

    model_config = SettingsConfigDict(env_prefix="CHANCERY_BULK_")

    window: str = Field(
        "always",
        description="When bulk work of departments without their own window runs: "
        "[windows.md](windows.md).",
    )
    zone: str = Field("UTC", description="The time zone of windows that do not name one.")
    holidays: Path | None = Field(
        None,
        description="The file of public holidays and make-up working days, for the words "
        "`holidays` and `workdays` in windows: [windows.md](windows.md#holidays).",
    )
    outside_window: Literal["wait", "idle"] = Field(
        "wait",
        description="Outside its window bulk work waits, or (`idle`) uses capacity that "
        "interactive work and departments with an open window do not need.",
    )
    assumed_tokens_per_second: float = Field(
        1_000,
        gt=0,
        description="The system's throughput in estimates until it has been measured.",
    )
    late_batches: Literal["warn", "refuse"] = Field(
        "warn",
        description="Whether a batch that is not expected to end by its deadline is accepted "
        "with a warning or refused.",
    )

    _holidays: HolidayFile | None = PrivateAttr(None)

    @model_validator(mode="after")
    def _window_is_valid(self) -> BulkSettings:
        name = "ZONE"
        try:
            check_zone(self.zone, at=1)
            name = "HOLIDAYS"
            if self.holidays is not None:
                self._holidays = HolidayFile(self.holidays)
                self._holidays.read()
            name = "WINDOW"
            self.checked(self.window, self.zone)
        except (WindowError, HolidaysError) as error:
            raise ValueError(f"CHANCERY_BULK_{name}: {error}") from error
        return self

    @property
    def known_holidays(self) -> Holidays | None:
        """The holidays in the file; None if no file is set."""
        return self._holidays.read() if self._holidays else None

    def checked(self, window: str, zone: str | None) -> Window:
        """A window that is to be stored. Raises `WindowError`, also if it needs a file of holidays
        and there is none.
        """
        return Window.parse(window, zone, self.known_holidays)

    def calendar(self, window: str | None = None) -> Window:
        """The window of a department or batch; without one, the platform's window.

        Without the file of holidays that a stored window needs, there are none.
        """
        return Window.parse(window or self.window, self.zone, self.known_holidays or NO_HOLIDAYS)
