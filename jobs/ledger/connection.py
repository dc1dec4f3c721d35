"""The connection to Redis: opened and checked here, its failures translated here."""

from __future__ import annotations

import re
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import (
    BusyLoadingError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from jobs.ledger.prompt_connection import prompt
from jobs.model.problems import ProblemError
from jobs.process.settings import RedisSettings

PREFIX = "chancery:"
RETRY_AFTER_SECONDS = 5.0
_SCRIPTS = Path(__file__).parent / "scripts"
_LIBRARIES = _SCRIPTS / "lib"
_SHARED = ("prelude", "callbacks", "receivers", "quota", "replies", "files", "batches")
# Redis 6 says first in which script it was.
_REFUSED = re.compile(r"(^|: -)(OOM|MISCONF) ")
_AWAY = (RedisConnectionError, RedisTimeoutError, BusyLoadingError, ReadOnlyError)
log = structlog.get_logger()


class UnsafeServer(Exception):
    """The server would lose what it was given. The message says which setting to change."""


class Connection:
    """Runs the ledger's scripts and the few plain commands that need none."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        shared = "".join((_LIBRARIES / f"{name}.lua").read_text() for name in _SHARED)
        self._scripts = {
            path.stem: redis.register_script(shared + path.read_text())
            for path in _SCRIPTS.glob("*.lua")
        }

    @classmethod
    def to(cls, settings: RedisSettings) -> Connection:
        """A connection that is made at first use, and again whenever it broke."""
        redis = Redis.from_url(
            settings.url.get_secret_value(),
            decode_responses=True,
            socket_connect_timeout=2,
            socket_timeout=10,
            health_check_interval=15,
            max_connections=256,
            retry=Retry(ExponentialBackoff(cap=0.5, base=0.05), 3),
            retry_on_error=[RedisConnectionError, RedisTimeoutError],
        )
        pool = redis.connection_pool
        pool.connection_class = prompt(pool.connection_class)
        return cls(redis)

    async def run(self, script: str, *args: str | bytes | int | float) -> Any:
        """Run one script. It may be run twice where an answer was lost: scripts allow for it.

        Raises `ProblemError("unavailable")` while the server is away or refuses writes.
        """
        return await self.ask(self._scripts[script](args=list(args)))

    async def ask(self, command: Awaitable[Any]) -> Any:
        """Await a command, translating the server's failures."""
        try:
            return await command
        except _AWAY as error:
            log.warning("redis.away", error=str(error))
            raise ProblemError(
                "unavailable",
                "The ledger cannot be reached. Nothing was accepted. Try again shortly.",
                retry_after=RETRY_AFTER_SECONDS,
            ) from error
        except ResponseError as error:
            if not _refuses_writes(error):
                raise
            log.error("redis.refuses_writes", error=str(error))  # noqa: TRY400 - no trace needed
            raise ProblemError(
                "unavailable",
                "The ledger has no room or cannot write to its disk. Nothing was accepted.",
                retry_after=60,
            ) from error

    async def close(self) -> None:
        await self.redis.aclose()


def _refuses_writes(error: RedisError) -> bool:
    return isinstance(error, OutOfMemoryError) or bool(_REFUSED.search(str(error)))


async def check_server(redis: Redis, settings: RedisSettings) -> None:
    """Raise `UnsafeServer` where the server may evict keys, or keeps nothing on disk."""
    memory = await redis.info("memory")
    policy = memory.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        raise UnsafeServer(
            f"Redis may evict what was accepted (maxmemory-policy {policy}). "
            "Set maxmemory-policy to noeviction."
        )
    persistence = await redis.info("persistence")
    if not persistence.get("aof_enabled") and not settings.allow_volatile:
        raise UnsafeServer(
            "Redis keeps no append-only file, so a restart would lose accepted jobs. "
            "Set appendonly to yes, or CHANCERY_REDIS_ALLOW_VOLATILE=1 to accept the loss."
        )
