"""API keys of departments. Only the SHA-256 of a key is stored."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
import secrets
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from ipaddress import ip_network

from pydantic_core import from_json

from jobs.ledger.department_records import to_department
from jobs.ledger.records import Record, dump, pairs, to_time
from jobs.ledger.server.connection import Connection
from jobs.model.api_key import ALL_SCOPES, ApiKey, Caller, KeyRules, KeyState, NewKey, Scope
from jobs.model.problems import ProblemError

MOST_KEYS = 100
REMEMBERED_SECONDS = 1.0
# For the difference in speed of the clocks of machines.
_CLOCKS_SECONDS = 0.05
_KEY = re.compile(r"chy_([0-9a-f]{12})_[!-~]{1,200}")
_DEFAULT = KeyRules()


class KeyLedger:
    """Creates, lists, revokes and checks keys.

    Processes remember a valid key for a second. A revocation returns after that: no process accepts
    the key any more.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._lookups: dict[bytes, asyncio.Task[Caller | None]] = {}
        self._known: OrderedDict[bytes, tuple[float, Caller]] = OrderedDict()

    async def create(self, department: str, rules: KeyRules = _DEFAULT) -> NewKey | None:
        """Add a key. None: no such department. Raises `ProblemError("too-many-keys")`."""
        return await self._add(department, rules, replaced="", keep=timedelta())

    async def rotate(
        self, department: str, keep: timedelta, key_id: str | None = None
    ) -> NewKey | None:
        """Replace a key by a new one with the same rules; the old one stays valid for `keep`.

        Without `key_id`: add a key that may do everything; all others stay valid for `keep`.
        None: no such department or key.
        """
        return await self._add(department, _DEFAULT, replaced=key_id or "*", keep=keep)

    async def _add(
        self, department: str, rules: KeyRules, *, replaced: str, keep: timedelta
    ) -> NewKey | None:
        key = new_key()
        added = await self._connection.run(
            "departments/add_key",
            department,
            key.id,
            dump({"sha256": sha256_of(key.text), **_record(rules)}),
            replaced,
            round(keep.total_seconds() * 1000),
            MOST_KEYS,
        )
        if added == "full":
            raise ProblemError(
                "too-many-keys",
                f"{department} has {MOST_KEYS} valid keys: revoke those that are not used.",
            )
        if added != "added":
            return None
        if replaced and keep.total_seconds() < REMEMBERED_SECONDS:
            await self._until_forgotten()
        return key

    async def revoke(self, department: str, key_id: str) -> bool:
        """Revoke a key. False: the department has no such key."""
        revoked = bool(await self._connection.run("departments/revoke_key", department, key_id))
        if revoked:
            await self._until_forgotten()
        return revoked

    async def list(self, department: str) -> Sequence[ApiKey]:
        """All keys, the newest first, with those that ended in the last 30 days."""
        now, *found = await self._connection.run("departments/list_keys", department)
        keys = [_key(key_id, pairs(flat), int(now)) for key_id, flat in found]
        return sorted(keys, key=_newest_first)

    async def valid(self, department: str) -> Sequence[ApiKey]:
        """The valid keys, newest first."""
        return [key for key in await self.list(department) if key.state is KeyState.valid]

    async def authenticate(self, api_key: str) -> Caller | None:
        """The owner of a key, also of an expired or revoked one. None: there is no such key.

        Requests with the same key share one lookup while it is under way.
        """
        match = _KEY.fullmatch(api_key)
        if match is None:
            return None
        digest = hashlib.sha256(api_key.encode()).digest()
        known = self._known.get(digest)
        if known and known[0] > time.monotonic():
            return known[1]
        lookup = self._lookups.get(digest)
        if lookup is None:
            lookup = asyncio.create_task(self._look_up(match[1], digest))
            self._lookups[digest] = lookup
            lookup.add_done_callback(partial(self._forget, digest))
        return await asyncio.shield(lookup)

    def _forget(self, digest: bytes, lookup: asyncio.Task[Caller | None]) -> None:
        del self._lookups[digest]
        if not lookup.cancelled():
            lookup.exception()  # read, so that asyncio does not log it when no caller waits

    async def _look_up(self, key_id: str, digest: bytes) -> Caller | None:
        asked = time.monotonic()
        now, flat_key, flat_department = await self._connection.run(
            "departments/authenticate", key_id
        )
        key, department = pairs(flat_key), pairs(flat_department)
        if not department or not hmac.compare_digest(key["sha256"], digest.hex()):
            return None
        caller = Caller(to_department(department, int(now)), _key(key_id, key, int(now)))
        self._remember(digest, caller, asked, int(now))
        return caller

    def _remember(self, digest: bytes, caller: Caller, asked: float, now_ms: int) -> None:
        self._known.pop(digest, None)
        while self._known and next(iter(self._known.values()))[0] <= asked:
            self._known.popitem(last=False)
        if caller.key.state is KeyState.valid:
            left = REMEMBERED_SECONDS
            if caller.key.until is not None:
                left = min(left, caller.key.until.timestamp() - now_ms / 1000)
            self._known[digest] = (asked + left, caller)

    async def _until_forgotten(self) -> None:
        await asyncio.sleep(REMEMBERED_SECONDS + _CLOCKS_SECONDS)


def new_key() -> NewKey:
    key_id = secrets.token_hex(6)
    return NewKey(key_id, f"chy_{key_id}_{secrets.token_urlsafe(32).replace('_', '-')}")


def sha256_of(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _record(rules: KeyRules) -> Mapping[str, str]:
    return {
        "scopes": ",".join(sorted(rules.scopes)),
        "networks": dump([str(network) for network in rules.networks]),
        "lifetime_ms": "" if rules.lifetime_ms is None else str(rules.lifetime_ms),
        "label": rules.label,
    }


def _key(key_id: str, record: Record, now_ms: int) -> ApiKey:
    """A key of an earlier release has no scopes: it may do everything."""
    until = record.get("expires_at")
    state = KeyState.valid
    if record.get("revoked_at"):
        state = KeyState.revoked
    elif until and int(until) <= now_ms:
        state = KeyState.expired
    scopes = record.get("scopes")
    return ApiKey(
        id=key_id,
        department=record["department"],
        state=state,
        scopes=ALL_SCOPES if scopes is None else frozenset(map(Scope, scopes.split(","))),
        networks=tuple(ip_network(text) for text in from_json(record.get("networks") or "[]")),
        label=record.get("label", ""),
        created_at=to_time(record.get("created_at")),
        until=to_time(until),
        revoked_at=to_time(record.get("revoked_at")),
    )


def _newest_first(key: ApiKey) -> tuple[bool, float, str]:
    created = -key.created_at.timestamp() if key.created_at else 0.0
    return (key.state is not KeyState.valid, created, key.id)
