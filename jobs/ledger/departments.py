"""Departments and their keys. A key is kept as its SHA-256 only."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Sequence

from pydantic_core import from_json

from jobs.ledger.connection import PREFIX, Connection
from jobs.ledger.credentials import new_key, new_secret
from jobs.ledger.quotas import to_quotas
from jobs.ledger.records import dump, quota_record, to_department
from jobs.model.department import UNLIMITED, CallbackOptions, Department, NewDepartment, Quota
from jobs.model.problems import ProblemError
from jobs.model.quotas import QuotaLeft
from jobs.windows.window import Window
from tasks.secrecy import Secrecy

_CACHE_SECONDS = 5.0


class DepartmentLedger:
    """Who may use the system. An authentication is remembered for five seconds in this process."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known: dict[bytes, tuple[float, Department]] = {}

    async def create(
        self,
        name: str,
        *,
        callback_allow: Sequence[str] = (),
        weight: int = 1,
        quota: Quota = UNLIMITED,
    ) -> NewDepartment:
        """Make a department. Raises `ProblemError("department-exists")`."""
        redis = self._connection.redis
        if not await self._connection.ask(redis.hsetnx(f"{PREFIX}department:{name}", "name", name)):
            raise ProblemError("department-exists", f"There is a department {name} already.")
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
        """Let a department's callbacks go here and nowhere else; False where there is no such."""
        if await self.get(name) is None:
            return False
        redis, key = self._connection.redis, f"{PREFIX}department:{name}"
        await self._connection.ask(redis.hset(key, "callback_allow", dump(list(callback_allow))))
        return True

    async def set_quota(self, name: str, quota: Quota) -> bool:
        """In the place of the one before, at once; False where there is no such department."""
        if await self.get(name) is None:
            return False
        pipeline = self._connection.redis.pipeline(transaction=True)
        pipeline.hset(f"{PREFIX}department:{name}", mapping=quota_record(quota))
        # What was submitted at the old rate is not held against the new one.
        pipeline.delete(f"{PREFIX}rate:{name}")
        await self._connection.ask(pipeline.execute())
        return True

    async def quotas(self, name: str) -> Sequence[QuotaLeft]:
        """What is left of each quota that the department has."""
        return to_quotas(await self._connection.run("read_quotas", name))

    async def get(self, name: str) -> Department | None:
        redis = self._connection.redis
        record = await self._connection.ask(redis.hgetall(f"{PREFIX}department:{name}"))
        return to_department(record) if record else None

    async def callback_options(self, name: str) -> CallbackOptions:
        redis = self._connection.redis
        kept = await self._connection.ask(redis.get(f"{PREFIX}callback-options:{name}"))
        return CallbackOptions(**from_json(kept)) if kept else CallbackOptions()

    async def set_callback_options(self, name: str, options: CallbackOptions) -> bool:
        """In the place of those before; False where there is no such department."""
        if await self.get(name) is None:
            return False
        redis, key = self._connection.redis, f"{PREFIX}callback-options:{name}"
        await self._connection.ask(redis.set(key, dump(options)))
        return True

    async def set_window(self, name: str, window: Window | None) -> bool:
        """When its bulk work runs; None: when the platform's does. False: no such department."""
        if await self.get(name) is None:
            return False
        redis, key = self._connection.redis, f"{PREFIX}department:{name}"
        await self._connection.ask(redis.hset(key, "window", str(window) if window else ""))
        return True

    async def set_secrecy(self, name: str, allowed: Secrecy | None) -> bool:
        """The most secret marking that its documents may bear; False: no such department."""
        if await self.get(name) is None:
            return False
        redis, key = self._connection.redis, f"{PREFIX}department:{name}"
        await self._connection.ask(redis.hset(key, "allow_secrecy", allowed or ""))
        return True

    async def all(self) -> Sequence[Department]:
        """Every department, by name, in one look."""
        names = await self.names()
        pipeline = self._connection.redis.pipeline(transaction=False)
        for name in names:
            pipeline.hgetall(f"{PREFIX}department:{name}")
        records = await self._connection.ask(pipeline.execute()) if names else []
        return [to_department(record) for record in records if record]

    async def names(self) -> Sequence[str]:
        redis = self._connection.redis
        return sorted(await self._connection.ask(redis.smembers(f"{PREFIX}departments")))

    async def authenticate(self, api_key: str) -> Department | None:
        """The department that a key belongs to; None where there is no such key."""
        digest = hashlib.sha256(api_key.encode()).digest()
        known = self._known.get(digest)
        if known and known[0] > time.monotonic():
            return known[1]
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
        self._known = {known: entry for known, entry in self._known.items() if entry[0] > now}
        self._known[digest] = (now + _CACHE_SECONDS, department)
