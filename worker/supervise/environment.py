"""The environments of child processes: each has only the secrets that it needs."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

API, WORKER, COURIER, SCHEDULER, FLOWER = "api", "worker", "courier", "scheduler", "flower"
_STORE_USERS = frozenset((API, WORKER, COURIER, SCHEDULER))

# Which processes need which secret. Variables that look like one and are not here go to none.
SECRETS: Mapping[str, frozenset[str]] = {
    "CHANCERY_REDIS_URL": frozenset((API, WORKER, COURIER, SCHEDULER, FLOWER)),
    "CHANCERY_MASTER_KEY": _STORE_USERS,
    "CHANCERY_AUDIT_KEY": frozenset((API, SCHEDULER)),
    "CHANCERY_API_TLS_KEY": frozenset((API,)),
    "CHANCERY_API_METRICS_TOKEN": frozenset((API,)),
    "CHANCERY_OIDC_CLIENT_SECRET": frozenset((API,)),
    "CHANCERY_ENGINE_API_KEY": frozenset((WORKER,)),
    # It may have keys. The courier sends no callback to an engine.
    "CHANCERY_ENGINES": frozenset((WORKER, COURIER)),
    "CHANCERY_FAST_ENGINE_API_KEY": frozenset((WORKER,)),
    "CHANCERY_FLOWER_LOGIN": frozenset((FLOWER,)),
    "AWS_ACCESS_KEY_ID": _STORE_USERS,
    "AWS_SECRET_ACCESS_KEY": _STORE_USERS,
    "AWS_SESSION_TOKEN": _STORE_USERS,
    # The collector of traces may ask for a token in a header.
    "OTEL_EXPORTER_OTLP_HEADERS": frozenset((API, WORKER, COURIER)),
    "OTEL_EXPORTER_OTLP_TRACES_HEADERS": frozenset((API, WORKER, COURIER)),
}
_LOOKS_SECRET = re.compile(
    r"(KEY|PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|LOGIN|CREDENTIALS?)(_ID)?$"
)
_OWN_PREFIXES = ("CHANCERY_", "FLOWER_")


def own_environment(role: str, environment: Mapping[str, str]) -> dict[str, str]:
    """`environment` without the secrets that the process `role` does not need."""
    return {name: value for name, value in environment.items() if _is_for(role, name)}


def foreign_environment() -> dict[str, str]:
    """The environment for Redis and vLLM: without Chancery's settings and without secrets."""
    return {
        name: value
        for name, value in os.environ.items()
        if not (name.startswith(_OWN_PREFIXES) or name in SECRETS)
        and not _LOOKS_SECRET.search(name.upper())
    }


def _is_for(role: str, name: str) -> bool:
    if name in SECRETS:
        return role in SECRETS[name]
    return not _LOOKS_SECRET.search(name.upper())
