"""Settings, read from the environment when a process starts. `docs/settings.md` lists them."""

from __future__ import annotations

from jobs.process.settings.api import ApiSettings, SecrecySettings, TaskSettings
from jobs.process.settings.bulk import BulkSettings
from jobs.process.settings.callbacks import CallbackSettings
from jobs.process.settings.console import ConsoleSettings
from jobs.process.settings.engine import (
    CascadeSettings,
    EngineSettings,
    FastEngineSettings,
    PriceSettings,
)
from jobs.process.settings.engines import EnginesSettings, Pool
from jobs.process.settings.flower import FlowerSettings
from jobs.process.settings.limits import BatchSettings, LimitSettings, QuotaSettings
from jobs.process.settings.oidc import OidcSettings
from jobs.process.settings.redis import RedisSettings
from jobs.process.settings.server import STOP_SECONDS, ServerSettings
from jobs.process.settings.store import AuditSettings, RetentionSettings, StoreSettings
from jobs.process.settings.types import EMPTY_IS_UNSET, MIB, Network, Networks
from jobs.process.settings.worker import OcrSettings, WorkerSettings

__all__ = [
    "EMPTY_IS_UNSET",
    "MIB",
    "STOP_SECONDS",
    "ApiSettings",
    "AuditSettings",
    "BatchSettings",
    "BulkSettings",
    "CallbackSettings",
    "CascadeSettings",
    "ConsoleSettings",
    "EngineSettings",
    "EnginesSettings",
    "FastEngineSettings",
    "FlowerSettings",
    "LimitSettings",
    "Network",
    "Networks",
    "OcrSettings",
    "OidcSettings",
    "Pool",
    "PriceSettings",
    "QuotaSettings",
    "RedisSettings",
    "RetentionSettings",
    "SecrecySettings",
    "ServerSettings",
    "StoreSettings",
    "TaskSettings",
    "WorkerSettings",
]
