"""Departments and their API keys. Only the SHA-256 of a key is stored."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Sequence

from jobs.ledger.credentials import new_key, new_secret
from jobs.ledger.records import (
    dump,
    over_quota,
    quota_record,
    to_callback_options,
    to_department,
    to_quotas,
)
from jobs.ledger.server.connection import PREFIX, Connection
from jobs.model.department import UNLIMITED, CallbackOptions, Department, NewDepartment, Quota
from jobs.model.problems import ProblemError
from jobs.model.quotas import QuotaLeft
from jobs.windows.window import Window
from tasks.secrecy import Secrecy

_CACHE_SECONDS = 5.0


class DepartmentLedger:
    """The departments that may use the system. Authentications are cached for five seconds."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._cache: dict[bytes, tuple[float, Department]] = {}

    async def create(
        self,
        name: str,
        *,
        callback_allow: Sequence[str] = (),
        weight: int = 1,
        quota: Quota = UNLIMITED,
    ) -> NewDepartment:
        """Create a department. Raises `ProblemError("department-exists")`."""
        redis = self._connection.redis
        if not await self._connection.ask(redis.hsetnx(f"{PREFIX}department:{name}", "name", name)):
            raise ProblemError("department-exists", f"The department {name} already exists.")
        secret, key = new_secret(), new_key()
        pipeline = redis.pipeline(transaction=True)
        pipeline.hset(
            f"{PREFIX}department:{name}",
            mapping={
                "callback_allow": dump(list(callback_allow)),
                "callback_secrets": dump([{"secret": secret, "until": 0}]),
                "weight": weight,
                "callback_max_bytes": "",
                **quota_record(quota),
            },
        )
        pipeline.sadd(f"{PREFIX}departments", name)
        pipeline.hset(f"{PREFIX}key:{key.id}", mapping={"department": name, "sha256": key.sha256})
        pipeline.sadd(f"{PREFIX}keys:{name}", key.id)
        await self._connection.ask(pipeline.execute())
        return NewDepartment(department=name, api_key=key.text, callback_secret=secret)

    async def allow(self, name: str, callback_allow: Sequence[str]) -> bool:
        """Set the addresses that a department's callbacks may go to. False: no such department."""
        if await self.get(name) is None:
            return False
        redis, key = self._connection.redis, f"{PREFIX}department:{name}"
        await self._connection.ask(redis.hset(key, "callback_allow", dump(list(callback_allow))))
        return True

    async def set_quota(self, name: str, quota: Quota) -> bool:
        """Replace a department's quota. False: no such department."""
        if await self.get(name) is None:
            return False
        pipeline = self._connection.redis.pipeline(transaction=True)
        pipeline.hset(f"{PREFIX}department:{name}", mapping=quota_record(quota))
        # Submissions that were counted at the old rate do not count at the new one.
        pipeline.delete(f"{PREFIX}rate:{name}")
        await self._connection.ask(pipeline.execute())
        return True

    async def quotas(self, name: str) -> Sequence[QuotaLeft]:
        """What is left of each of the department's quotas."""
        return to_quotas(await self._connection.run("departments/read_quotas", name))

    async def count_refused(self, name: str) -> None:
        """Count a submission that was refused for what it contains against the rate.

        Raises `OverQuotaError` if that exceeds the rate.
        """
        answer = await self._connection.run("departments/count_refused", name)
        if answer is not None:
            raise over_quota(name, answer)

    async def get(self, name: str) -> Department | None:
        """A department. None: no such department."""
        departments = await self._load([name])
        return departments[0] if departments else None

    async def callback_options(self, name: str) -> CallbackOptions:
        redis = self._connection.redis
        options = await self._connection.ask(redis.get(f"{PREFIX}callback-options:{name}"))
        return to_callback_options(options)

    async def set_callback_options(self, name: str, options: CallbackOptions) -> bool:
        """Replace a department's callback options. False: no such department."""
        if await self.get(name) is None:
            return False
        redis, key = self._connection.redis, f"{PREFIX}callback-options:{name}"
        await self._connection.ask(redis.set(key, dump(options)))
        return True

    async def set_window(self, name: str, window: Window | None) -> bool:
        """Set when a department's bulk work runs. None: when the platform's bulk work does.

        False: no such department.
        """
        if await self.get(name) is None:
            return False
        redis, key = self._connection.redis, f"{PREFIX}department:{name}"
        await self._connection.ask(redis.hset(key, "window", str(window) if window else ""))
        return True

    async def set_secrecy(self, name: str, allowed: Secrecy | None) -> bool:
        """Set the highest secrecy marking that a department's documents may have.

        None: no marking at all. False: no such department.
        """
        if await self.get(name) is None:
            return False
        redis, key = self._connection.redis, f"{PREFIX}department:{name}"
        await self._connection.ask(redis.hset(key, "allow_secrecy", allowed or ""))
        return True

    async def all(self) -> Sequence[Department]:
        """All departments, by name."""
        return await self._load(await self.names())

    async def _load(self, names: Sequence[str]) -> Sequence[Department]:
        pipeline = self._connection.redis.pipeline(transaction=False)
        pipeline.time()
        for name in names:
            pipeline.hgetall(f"{PREFIX}department:{name}")
        (seconds, micros), *records = await self._connection.ask(pipeline.execute())
        now_ms = seconds * 1000 + micros // 1000
        return [to_department(record, now_ms) for record in records if record]

    async def names(self) -> Sequence[str]:
        redis = self._connection.redis
        return sorted(await self._connection.ask(redis.smembers(f"{PREFIX}departments")))

    async def authenticate(self, api_key: str) -> Department | None:
        """The department of an API key. None: the key is not valid."""
        digest = hashlib.sha256(api_key.encode()).digest()
        cached = self._cache.get(digest)
        if cached and cached[0] > time.monotonic():
            return cached[1]
        parts = api_key.split("_")
        if len(parts) != 3:  # chy_ID_SECRET
            return None
        redis = self._connection.redis
        key = await self._connection.ask(redis.hgetall(f"{PREFIX}key:{parts[1]}"))
        if not key or not hmac.compare_digest(key["sha256"], digest.hex()):
            return None
        department = await self.get(key["department"])
        if department is not None:
            self._remember(digest, department)
        return department

    def _remember(self, digest: bytes, department: Department) -> None:
        now = time.monotonic()
        self._cache = {key: entry for key, entry in self._cache.items() if entry[0] > now}
        self._cache[digest] = (now + _CACHE_SECONDS, department)
