"""The connection to Redis: opens it, checks the server, and translates its errors."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Sequence
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.asyncio.connection import parse_url
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel, SentinelConnectionPool
from redis.backoff import ExponentialBackoff, NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError, OutOfMemoryError, RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from jobs.ledger.coalescer import Coalescer
from jobs.ledger.server.errors import AWAY, UnsafeServer
from jobs.ledger.server.prompt_connection import prompt
from jobs.ledger.server.script_connection import ScriptConnection
from jobs.ledger.server.scripts import commands
from jobs.ledger.server.sentinels import sentinel_options
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
# What is acknowledged to those who asked for it, so that replicas must have it: see `WAIT`.
PROMISES = frozenset(
    (
        *("accounts/create", "accounts/remove", "accounts/set_password"),
        *("batches/cancel", "batches/create", "batches/delete", "callbacks/redeliver"),
        *("departments/add_key", "departments/change_allowed", "departments/replace_secrets"),
        *("departments/revoke_key", "departments/rotate_secret"),
        *("documents/delete", "documents/keep", "files/delete", "files/keep"),
        *("jobs/cancel", "jobs/decide", "jobs/delete", "jobs/submit", "replies/keep"),
    )
)
REPLICAS_MS = 1_500
log = structlog.get_logger()


class NotReplicated(RedisError):
    """Too few replicas confirmed in time what was written. The message is their number."""


class Connection:
    """Runs the ledger's scripts, and single commands.

    Scripts that are run while others are under way are sent together in the next round trip.
    """

    def __init__(self, redis: Redis, wait_replicas: int = 0) -> None:
        self.redis = redis
        self._wait_replicas = wait_replicas
        self._scripts = commands()
        self._digests = {
            name: hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
            for name, text in self._scripts.items()
        }
        # A caller whose time is over was told that nothing was accepted; under overload its call
        # would take the place of one that is still waited for.
        self._calls = Coalescer(self._send, drop_cancelled=True)
        self._script_connection = ScriptConnection(redis.connection_pool)

    @classmethod
    def to(cls, settings: RedisSettings) -> Connection:
        """A connection that is opened at first use, and reopened after it breaks."""
        redis = open_redis(settings)
        pool = redis.connection_pool
        pools = [pool]
        if isinstance(pool, SentinelConnectionPool):
            pools += [sentinel.connection_pool for sentinel in pool.sentinel_manager.sentinels]
        for each in pools:
            each.connection_class = prompt(each.connection_class)
        return cls(redis, settings.wait_replicas)

    async def run(self, script: str, *args: Argument) -> Any:
        """Run a script of `scripts/`, named by its path without suffix, such as `jobs/claim`.

        The client library runs it again if the answer was lost; every script allows for that.
        Raises `ProblemError("unavailable")` while the server cannot be reached or refuses writes.
        """
        return await self.ask(self._run(script, args))

    async def _run(self, script: str, args: Sequence[Argument]) -> Any:
        answer = await self._calls.ask((script, args))
        if isinstance(answer, RedisError):
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
        commands: list[Sequence[Argument]] = [
            ("SCRIPT", "LOAD", self._scripts[script]) for script in load
        ]
        commands += [("EVALSHA", self._digests[script], 0, *args) for script, args in calls]
        promises = [number for number, (script, _) in enumerate(calls) if script in PROMISES]
        if not self._wait_replicas or not promises:
            return (await self._script_connection.send(commands))[len(load) :]
        # `WAIT` waits for what this connection has written, so also for the scripts before it. A
        # repeated call writes nothing: the message makes it wait for what others have written.
        commands.append(("PUBLISH", f"{PREFIX}replicas", ""))
        commands.append(("WAIT", self._wait_replicas, REPLICAS_MS))
        *answers, _, replicas = (await self._script_connection.send(commands))[len(load) :]
        if isinstance(replicas, RedisError) or replicas < self._wait_replicas:
            for number in promises:
                if not isinstance(answers[number], RedisError):
                    answers[number] = NotReplicated(str(replicas))
        return answers

    async def ask(self, command: Awaitable[Any]) -> Any:
        """Await a command, at most `ANSWER_SECONDS`. Raises `ProblemError("unavailable")` as `run`
        does.
        """
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await command
        except AWAY as error:
            log.warning("redis.away", error=str(error) or f"no answer in {ANSWER_SECONDS:g} s")
            raise ProblemError(
                "unavailable",
                "The ledger cannot be reached. Nothing was accepted. Try again shortly.",
                retry_after=RETRY_AFTER_SECONDS,
            ) from error
        except NotReplicated as error:
            log.warning("redis.not_replicated", replicas=str(error))
            raise ProblemError(
                "unavailable",
                "Too few copies of the ledger answer. It is not certain that this was accepted: "
                "send it again with the same Idempotency-Key.",
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
        pool = self.redis.connection_pool
        if isinstance(pool, SentinelConnectionPool):
            await pool.sentinel_manager.aclose()


def open_redis(settings: RedisSettings) -> Redis:
    """redis-py's client for the server, or for the primary one that Sentinels name."""
    options: dict[str, Any] = {
        "decode_responses": True,
        "socket_connect_timeout": 2,
        "socket_timeout": 10,
        "health_check_interval": 15,
        "max_connections": 256,
        "retry": Retry(ExponentialBackoff(cap=0.5, base=0.05), 3),
        "retry_on_error": [RedisConnectionError, RedisTimeoutError],
        **settings.tls(),
    }
    if not settings.sentinels:
        return Redis.from_url(settings.full_url(), **options)
    parts: dict[str, Any] = {**parse_url(settings.full_url())}
    encrypted = parts.pop("connection_class", None) is not None
    login: dict[str, Any] = {
        name: parts[name] for name in ("username", "password", "db") if name in parts
    }
    tls: dict[str, Any] = {"ssl": True, **settings.tls()} if encrypted else {}
    sentinel: Any = Sentinel(  # type: ignore[no-untyped-call]
        settings.sentinel_addresses(),
        sentinel_kwargs={
            **sentinel_options(settings),
            "retry": Retry(NoBackoff(), 0),  # that of asyncio
            "decode_responses": True,
        },
    )
    client: Redis = sentinel.master_for(settings.group, **(options | login | tls))
    return client


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
