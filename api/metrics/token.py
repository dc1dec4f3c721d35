"""The token of `/metrics`: required where others than this machine's users can reach it."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path

import structlog
from pydantic import SecretStr

from jobs.process.private_files import stored_secret
from jobs.process.settings import ApiSettings

TOKEN_FILE = "metrics-token"  # noqa: S105 - the name of a file
log = structlog.get_logger()


def metrics_token(settings: ApiSettings, data_dir: Path) -> SecretStr | None:
    """The token from the settings; without one, for an api that listens beyond loopback or has
    trusted proxies, the one in the data dir, which is generated at the first start.

    Raises `OSError` if it cannot be stored.
    """
    if settings.metrics_token is not None:
        return settings.metrics_token
    if _is_loopback(settings.host) and not settings.trusted_proxies:
        return None
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = data_dir / TOKEN_FILE
    token = stored_secret(path)
    log.info("metrics.token_required", token_file=str(path))
    return SecretStr(token)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
