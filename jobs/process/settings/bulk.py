"""When and how bulk work is released."""

from __future__ import annotations

from typing import Literal

from pydantic import (
    Field,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from jobs.windows.rules import check_zone
from jobs.windows.window import Window, WindowError


class BulkSettings(BaseSettings):
    """Raises `ValidationError` for an invalid window or time zone."""

    model_config = SettingsConfigDict(env_prefix="CHANCERY_BULK_")

    window: str = Field(
        "always",
        description="When bulk work of departments without their own window runs: "
        "[windows.md](windows.md).",
    )
    zone: str = Field("UTC", description="The time zone of windows that do not name one.")
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

    @model_validator(mode="after")
    def _window_is_valid(self) -> BulkSettings:
        name = "ZONE"
        try:
            check_zone(self.zone, at=1)
            name = "WINDOW"
            self.calendar()
        except WindowError as error:
            raise ValueError(f"CHANCERY_BULK_{name}: {error}") from error
        return self

    def calendar(self, window: str | None = None) -> Window:
        """The window of a department or batch; without one, the platform's window."""
        return Window.parse(window or self.window, self.zone)
