"""Limits of requests, and the default quotas of departments."""

from __future__ import annotations

from pydantic import (
    Field,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from jobs.model.department import Quota
from jobs.process.settings.types import MIB


class LimitSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="CHANCERY_")

    max_document_bytes: int = Field(
        100 * MIB, ge=1, description="The largest document that is accepted."
    )
    max_request_bytes: int = Field(
        4 * MIB, ge=1, description="The largest JSON body that is accepted, with its text input."
    )
    max_text_chars: int = Field(
        1_000_000, ge=1, description="The longest text that is accepted, in characters."
    )
    max_pages: int = Field(1_000, ge=1, description="The most pages of a document.")
    max_queued: int = Field(
        200_000,
        ge=0,
        description="The most jobs that wait in the whole system; further submissions get 503.",
    )
    max_waiting_lines: int = Field(
        5_000_000,
        ge=0,
        description="The most batch lines that wait in the whole system; further batches get 503.",
    )
    approval_warn_hours: float = Field(
        24,
        gt=0,
        description="Results that wait longer for approval are reported as a problem of the "
        "system's health.",
    )


class QuotaSettings(BaseSettings):
    """The quota of departments without one of their own; 0 for no limit."""

    model_config = SettingsConfigDict(env_prefix="CHANCERY_QUOTA_")

    rate: float = Field(
        1_000, ge=0, le=1e6, description="Submissions per second of a department; 0: no limit."
    )
    max_in_flight: int = Field(
        50_000,
        ge=0,
        le=10**12,
        description="Accepted jobs of a department that have not ended; 0: no limit.",
    )
    max_queued: int = Field(
        1_000_000,
        ge=0,
        le=10**12,
        description="Jobs and batch lines of a department that have not started; 0: no limit.",
    )
    tokens_per_day: int = Field(
        0, ge=0, le=10**15, description="Tokens of a department per day (UTC); 0: no limit."
    )
    max_record_bytes: int = Field(
        2 * 1024 * MIB,
        ge=0,
        le=10**15,
        description="Bytes of a department's jobs, batches and results in Redis; 0: no limit.",
    )
    max_stored_bytes: int = Field(
        100 * 1024 * MIB,
        ge=0,
        le=10**15,
        description="Bytes of a department's documents, files and results in the store; 0: no "
        "limit.",
    )
    max_open_batches: int = Field(
        1_000,
        ge=0,
        le=10**9,
        description="Batches of a department that have not ended; 0: no limit.",
    )

    def quota(self) -> Quota:
        return Quota(**self.model_dump())


class BatchSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="CHANCERY_BATCH_")

    max_bytes: int = Field(200 * MIB, gt=0, description="The largest batch file that is accepted.")
    max_lines: int = Field(50_000, gt=0, description="The most lines of a batch.")
    max_request_bytes: int = Field(
        16 * MIB,
        gt=0,
        description="The largest request for a batch, which may list many documents.",
    )
