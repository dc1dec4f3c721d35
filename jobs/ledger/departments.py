"""Departments and their settings."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from functools import partial

from pydantic_core import from_json

from jobs.ledger.callback_records import callback_options_record, to_callback_options
from jobs.ledger.credentials import new_secret
from jobs.ledger.department_records import over_quota, quota_record, to_department, to_quotas
from jobs.ledger.keys import new_key, sha256_of
from jobs.ledger.records import dump
from jobs.ledger.server.connection import PREFIX, Connection
from jobs.ledger.unreadable import readable
from jobs.model.approval import ApprovalPolicy, policy_record
from jobs.model.department import (
    DEFAULT_QUOTA,
    AllowChange,
    CallbackOptions,
    Department,
    NewDepartment,
    Quota,
)
from jobs.model.problems import ProblemError
from jobs.model.quotas import QuotaLeft
from jobs.windows.window import Window
from tasks.secrecy import Secrecy


class DepartmentLedger:
    """The departments that may use the system."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def create(
        self,
        name: str,
        *,
        callback_allow: Sequence[str] = (),
        weight: int = 1,
        quota: Quota = DEFAULT_QUOTA,
        display_name: str | None = None,
    ) -> NewDepartment:
        """Create a department. Raises `ProblemError("department-exists")`."""
        redis = self._connection.redis
        if not await self._connection.ask(redis.hsetnx(f"{PREFIX}department:{name}", "name", name)):
            raise ProblemError("department-exists", f"The department {name} already exists.")
        secret, key = new_secret(), new_key()
        seconds, micros = await self._connection.ask(redis.time())
        pipeline = redis.pipeline(transaction=True)
        pipeline.hset(
            f"{PREFIX}department:{name}",
            mapping={
                "callback_allow": dump(list(callback_allow)),
                "callback_secrets": dump([{"secret": secret, "until": 0}]),
                "weight": weight,
                "callback_max_bytes": "",
                "display_name": display_name or "",
                **quota_record(quota),
            },
        )
        pipeline.sadd(f"{PREFIX}departments", name)
        pipeline.hset(
            f"{PREFIX}key:{key.id}",
            mapping={
                "department": name,
                "sha256": sha256_of(key.text),
                "created_at": seconds * 1000 + micros // 1000,
            },
        )
        pipeline.sadd(f"{PREFIX}keys:{name}", key.id)
        await self._connection.ask(pipeline.execute())
        return NewDepartment(department=name, api_key=key.text, callback_secret=secret)

    async def allow(self, name: str, targets: Sequence[str]) -> AllowChange | None:
        """Add targets to those that a department's callbacks may go to.

        None: no such department.
        """
        return await self._change_allowed(name, "add", targets)

    async def disallow(self, name: str, targets: Sequence[str]) -> AllowChange | None:
        """Remove targets from those that a department's callbacks may go to.

        None: no such department.
        """
        return await self._change_allowed(name, "remove", targets)

    async def _change_allowed(
        self, name: str, change: str, targets: Sequence[str]
    ) -> AllowChange | None:
        answer = await self._connection.run("departments/change_allowed", name, change, *targets)
        if answer is None:
            return None
        before, after = map(from_json, answer)
        return AllowChange(before, after)

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

    async def cache_secret(self) -> str:
        """The secret from which departments' cache salts are derived; made at the first call."""
        pipeline = self._connection.redis.pipeline(transaction=True)
        key = f"{PREFIX}cache-secret"
        pipeline.set(key, secrets.token_hex(32), nx=True)
        pipeline.get(key)
        return str((await self._connection.ask(pipeline.execute()))[1])

    async def set_default_quota(self, quota: Quota) -> None:
        """Replace the quota of all departments where they have none of their own."""
        redis, key = self._connection.redis, f"{PREFIX}default-quotas"
        await self._connection.ask(redis.hset(key, mapping=quota_record(quota)))

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
        await self._connection.ask(redis.set(key, callback_options_record(options)))
        return True

    async def set_form(self, name: str, form: str, mapping: str | None) -> bool:
        """Set the mapping of a department's form, as JSON. None: remove it.

        False: no such department, or nothing to remove.
        """
        if await self.get(name) is None:
            return False
        redis, key = self._connection.redis, f"{PREFIX}forms:{name}"
        if mapping is None:
            return bool(await self._connection.ask(redis.hdel(key, form)))
        await self._connection.ask(redis.hset(key, form, mapping))
        return True

    async def form(self, name: str, form: str) -> str | None:
        """The mapping of a form, as JSON. None: no such form."""
        redis = self._connection.redis
        found: str | None = await self._connection.ask(redis.hget(f"{PREFIX}forms:{name}", form))
        return found

    async def forms(self, name: str) -> Sequence[str]:
        """The names of a department's forms, sorted."""
        redis = self._connection.redis
        return sorted(await self._connection.ask(redis.hkeys(f"{PREFIX}forms:{name}")))

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

    async def set_display_name(self, name: str, display_name: str | None) -> bool:
        """Set a department's name for people. None: it has none. False: no such department."""
        if await self.get(name) is None:
            return False
        redis, key = self._connection.redis, f"{PREFIX}department:{name}"
        await self._connection.ask(redis.hset(key, "display_name", display_name or ""))
        return True

    async def set_approval(self, name: str, policy: ApprovalPolicy | None) -> bool:
        """Set which results wait for a person, from the next run that ends. None: no result.

        False: no such department.
        """
        if await self.get(name) is None:
            return False
        redis, key = self._connection.redis, f"{PREFIX}department:{name}"
        await self._connection.ask(redis.hset(key, "approval", policy_record(policy)))
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
        departments = [
            readable("department", record.get("name", ""), partial(to_department, record, now_ms))
            for record in records
            if record
        ]
        return [one for one in departments if one is not None]

    async def names(self) -> Sequence[str]:
        redis = self._connection.redis
        return sorted(await self._connection.ask(redis.smembers(f"{PREFIX}departments")))
