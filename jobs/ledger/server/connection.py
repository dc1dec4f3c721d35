"""The connection to Redis: opens it, checks the server, and translates its errors."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Sequence
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import (
    BusyLoadingError,
    NoScriptError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    ResponseError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from jobs.ledger.coalescer import Coalescer
from jobs.ledger.server.prompt_connection import prompt
from jobs.ledger.server.scripts import commands
from jobs.model.problems import ProblemError
from jobs.process.settings import RedisSettings

PREFIX = "chancery:"
Argument = str | bytes | int | float
_Call = tuple[str, Sequence[Argument]]
RETRY_AFTER_SECONDS = 5.0
# With all retries: a request is answered within 5 s when the server hangs.
ANSWER_SECONDS = 4.0
# Redis 6 puts the script's name before the code.
_REFUSED = re.compile(r"(^|: -)(OOM|MISCONF) ")
_AWAY = (
    RedisConnectionError,
    RedisTimeoutError,
    BusyLoadingError,
    ReadOnlyError,
    TimeoutError,
)
log = structlog.get_logger()


class UnsafeServer(Exception):
    """The server could lose accepted jobs. The message names the setting to change."""


class Connection:
    """Runs the ledger's scripts, and single commands.

    Scripts that are run while others are under way are sent together in the next round trip.
    """

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self._scripts = commands()
        self._digests = {
            name: hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
            for name, text in self._scripts.items()
        }
        self._calls = Coalescer(self._send)

    @classmethod
    def to(cls, settings: RedisSettings) -> Connection:
        """A connection that is opened at first use, and reopened after it breaks."""
        redis = Redis.from_url(
            settings.full_url(),
            decode_responses=True,
            socket_connect_timeout=2,
            socket_timeout=10,
            health_check_interval=15,
            max_connections=256,
            retry=Retry(ExponentialBackoff(cap=0.5, base=0.05), 3),
            retry_on_error=[RedisConnectionError, RedisTimeoutError],
            **settings.tls(),
        )
        pool = redis.connection_pool
        pool.connection_class = prompt(pool.connection_class)
        return cls(redis)

    async def run(self, script: str, *args: Argument) -> Any:
        """Run a script of `scripts/`, named by its path without suffix, such as `jobs/claim`.

        The client library runs it again if the answer was lost; every script allows for that.
        Raises `ProblemError("unavailable")` while the server cannot be reached or refuses writes.
        """
        return await self.ask(self._run(script, args))

    async def _run(self, script: str, args: Sequence[Argument]) -> Any:
        answer = await self._calls.ask((script, args))
        if isinstance(answer, ResponseError):
            raise answer
        return answer

    async def _send(self, calls: Sequence[_Call]) -> Sequence[Any]:
        """The answers, with the errors of single scripts among them."""
        # Without a bound, calls that come later would wait behind a server that hangs.
        async with asyncio.timeout(ANSWER_SECONDS):
            answers = await self._send_once(calls, load=())
            unknown = [
                number for number, answer in enumerate(answers) if isinstance(answer, NoScriptError)
            ]
            if unknown:  # the server was started again, or is another one
                again = [calls[number] for number in unknown]
                scripts = dict.fromkeys(script for script, _ in again)
                repeated = await self._send_once(again, load=list(scripts))
                for number, answer in zip(unknown, repeated, strict=True):
                    answers[number] = answer
        return answers

    async def _send_once(self, calls: Sequence[_Call], load: Sequence[str]) -> list[Any]:
        pipeline = self.redis.pipeline(transaction=False)
        for script in load:
            pipeline.script_load(self._scripts[script])
        for script, args in calls:
            pipeline.evalsha(self._digests[script], 0, *args)
        answers: list[Any] = await pipeline.execute(raise_on_error=False)
        return answers[len(load) :]

    async def ask(self, command: Awaitable[Any]) -> Any:
        """Await a command, at most `ANSWER_SECONDS`. Raises `ProblemError("unavailable")` as `run`
        does.
        """
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await command
        except _AWAY as error:
            log.warning("redis.away", error=str(error) or f"no answer in {ANSWER_SECONDS:g} s")
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
                "The ledger is out of memory or cannot write to its disk. Nothing was accepted.",
                retry_after=60,
            ) from error

    async def close(self) -> None:
        await self.redis.aclose()


def _refuses_writes(error: RedisError) -> bool:
    return isinstance(error, OutOfMemoryError) or bool(_REFUSED.search(str(error)))


async def check_server(redis: Redis, settings: RedisSettings) -> None:
    """Raise `UnsafeServer` if the server may evict keys or has no append-only file."""
    memory = await redis.info("memory")
    policy = memory.get("maxmemory_policy", "noeviction")
    if policy != "noeviction":
        raise UnsafeServer(
            f"Redis may evict accepted jobs (maxmemory-policy is {policy}). "
            "Set maxmemory-policy to noeviction."
        )
    persistence = await redis.info("persistence")
    if not persistence.get("aof_enabled") and not settings.allow_volatile:
        raise UnsafeServer(
            "Redis has no append-only file, so a restart would lose accepted jobs. "
            "Set appendonly to yes, or CHANCERY_REDIS_ALLOW_VOLATILE=1 to accept the loss."
        )
