"""Flower."""

from __future__ import annotations

from pydantic import (
    Field,
    SecretStr,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from jobs.process.settings.types import PATH_PREFIX


class FlowerSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="CHANCERY_FLOWER_")

    host: str = Field("127.0.0.1", description="The address that Flower listens on.")
    port: int = Field(5555, ge=1, le=65_535, description="The port that Flower listens on.")
    url_prefix: str = Field(
        "",
        pattern=PATH_PREFIX,
        description="The path prefix below which a reverse proxy serves Flower: `/flower`. The "
        "proxy must leave it in the path.",
    )
    login: SecretStr | None = Field(
        None, description="`user:password`. Default: generated and stored in the data dir."
    )
