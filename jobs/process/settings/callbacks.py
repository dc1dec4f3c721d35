"""Couriers."""

from __future__ import annotations

from typing import Annotated

from pydantic import (
    Field,
)
from pydantic_settings import BaseSettings, SettingsConfigDict


class CallbackSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="CHANCERY_CALLBACK_")

    max_bytes: int = Field(
        256 * 1024, ge=1, description="The largest callback body with the result included."
    )
    timeout_seconds: float = Field(
        15, gt=0, description="The longest wait for a receiver's response."
    )
    schedule_seconds: tuple[Annotated[float, Field(ge=0)], ...] = Field(
        (0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400),
        description="The wait before each attempt (Standard Webhooks 1.0.0), in seconds.",
    )
    concurrency: int = Field(32, ge=1, description="Deliveries that a courier keeps in flight.")
    response_max_bytes: int = Field(
        4_096,
        ge=0,
        le=65_536,
        description="How much of a receiver's response to a failed attempt is kept, in bytes.",
    )
    parallel: int = Field(
        8, ge=1, description="Deliveries in flight to one receiver (a department's host and port)."
    )
    breaker_pause_seconds: float = Field(
        5,
        gt=0,
        description="How long deliveries to a failing receiver pause before one is tried; doubles "
        "with each failure.",
    )
    breaker_pause_max_seconds: float = Field(300, gt=0, description="The longest such pause.")
    max_wait_seconds: float = Field(
        345_600,
        gt=0,
        description="A due callback that waits this long for its receiver is declared dead.",
    )
    own_urls: tuple[str, ...] = Field(
        (),
        description="More of the platform's own servers, which get no callbacks, where the other "
        "settings do not name them: in containers, the api and Flower.",
    )
    lease_seconds: float = Field(
        40, gt=0, description="A courier that does not report a delivery for this time loses it."
    )
