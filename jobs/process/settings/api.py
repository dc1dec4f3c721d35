"""The api, and the check of uploads for secrecy markings."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    Field,
    SecretStr,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from jobs.process.settings.types import EMPTY_IS_UNSET, PATH_PREFIX, HttpUrl, Networks


class ApiSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="CHANCERY_API_")

    host: str = Field("127.0.0.1", description="The address that the api listens on.")
    port: int = Field(8080, ge=1, le=65_535, description="The port that the api listens on.")
    processes: int = Field(
        1,
        ge=1,
        le=64,
        description="How many api processes listen on the port together: `chancery up "
        "--api-processes` sets it. Limits of connections and wrong keys hold for all together.",
    )
    public_url: Annotated[HttpUrl | None, EMPTY_IS_UNSET] = Field(
        None,
        description="The URL at which departments reach the api, with the path prefix if there is "
        "one; used in the `result_url` of callbacks.",
    )
    root_path: str = Field(
        "",
        pattern=PATH_PREFIX,
        description="The path prefix below which a reverse proxy serves the api: `/chancery`. The "
        "header `X-Forwarded-Prefix` of a trusted proxy overrides it.",
    )
    metrics_token: SecretStr | None = Field(
        None,
        description="The bearer token of `/metrics`. Default: none on loopback without trusted "
        "proxies, otherwise the one in the data dir's file `metrics-token`, which is generated.",
    )
    failed_keys: int = Field(
        20,
        ge=1,
        le=100_000,
        description="Wrong API keys that one source address may send within ten minutes; then it "
        "waits for 1 s, 2 s, up to 60 s after each. Valid keys are not delayed.",
    )
    trusted_proxies: Networks = Field(
        (),
        description="Addresses and CIDR blocks of the reverse proxies whose `X-Forwarded-For` "
        "gives a request's source address, and `X-Forwarded-Prefix` the path prefix; with commas "
        "in between. Default: none.",
    )


class SecrecySettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="CHANCERY_SECRECY_")

    unread: Literal["refuse", "mark"] = Field(
        "refuse",
        description="What happens to a document that could not be checked in full: `refuse` does "
        "not keep it, `mark` keeps it with `secrecy_checked` false: "
        "[decisions/secrecy.md](decisions/secrecy.md).",
    )
    look_seconds: float = Field(
        30,
        gt=0,
        le=600,
        description="How long an upload waits for the check for secrecy markings.",
    )
    look_processes: int = Field(
        1, ge=1, description="Processes of an api that check uploads, started when needed."
    )
    look_memory_mib: int = Field(256, ge=64, description="The memory limit of one check, in MiB.")


class TaskSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="CHANCERY_")

    tasks_dir: Annotated[Path | None, EMPTY_IS_UNSET] = Field(
        None,
        description="The folder with departments' own tasks, one file for each task: "
        "[own-tasks.md](own-tasks.md). Must be the same for api, worker and scheduler. Default: no "
        "folder.",
    )
