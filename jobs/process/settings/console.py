"""The console: the pages for people."""

from __future__ import annotations

from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class ConsoleSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="CHANCERY_")

    console: Literal["auto", "on", "off"] = Field(
        "auto",
        description="Whether the api serves the console at `/console`: `auto` when there is an "
        "account (`chancery account add`) or an identity provider (`CHANCERY_OIDC_ISSUER`).",
    )
    console_local_accounts: bool = Field(
        True,
        description="Allow sign-in with a password. Without it `CHANCERY_OIDC_ISSUER` is needed.",
    )
    console_idle_minutes: float = Field(
        30, gt=0, le=24 * 60, description="A session of the console ends after so long without use."
    )
    console_session_hours: float = Field(
        12, gt=0, le=24 * 7, description="A session of the console ends so long after the sign-in."
    )
    console_plain_http: bool = Field(
        False,
        description="Allow the console over HTTP on other addresses than loopback: cookies are "
        "sent without `Secure`. Passwords can then be read on the network.",
    )
    console_max_files: int = Field(
        200, ge=1, le=10_000, description="Files that one submission in the console may have."
    )
