"""Accounts of people, their sessions, and the jobs that they submitted.

The keys are described in `scripts/lib/accounts.lua`. Tokens and passwords are stored as hashes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from jobs.ledger.page import Page, check_cursor
from jobs.ledger.records import Record, pairs, to_time
from jobs.ledger.server.connection import PREFIX, Connection
from jobs.model.account import Account, Grant, Role
from jobs.model.ids import is_job_id
from jobs.model.problems import ProblemError

MOST_RECORDS = 10_000
_ACCOUNTS_OF_BROWSER = 20


@dataclass(frozen=True, slots=True)
class AttemptLimits:
    """How long failures are remembered, and how long a subject waits after too many."""

    forgotten: timedelta
    first_wait: timedelta
    longest_wait: timedelta


class Admission(StrEnum):
    """Whether a person has an account. `taken`: it is a local one, or that of another person."""

    admitted = "admitted"
    no_account = "no-account"
    taken = "taken"
    no_department = "no-department"


class AccountLedger:
    def __init__(self, connection: Connection, *, record_keep_hours: float) -> None:
        self._connection = connection
        self._record_keep_ms = round(record_keep_hours * 3_600_000)

    async def create(
        self, name: str, department: str | None, role: Role, password: str | None
    ) -> None:
        """Create an account; `password` is a hash, None for sign-in at the identity provider.

        Raises `ProblemError`: `account-exists`, `not-found` (the department).
        """
        created = await self._connection.run(
            "accounts/create", name, department or "", role.value, password or ""
        )
        if created == "exists":
            raise ProblemError("account-exists", f"The account {name} already exists.")
        if created == "no-department":
            raise ProblemError("not-found", f"There is no department {department}.")

    async def admit(self, name: str, subject: str, grant: Grant | None) -> Admission:
        """Find, create or change the account of a person whom the identity provider has identified.

        `subject` identifies the person. `grant`: None if department and role are those of the
        account, which must then exist.
        """
        granted = (grant.department or "", grant.role.value) if grant else ()
        return Admission(await self._connection.run("accounts/admit", name, subject, *granted))

    async def get(self, name: str) -> Account | None:
        redis = self._connection.redis
        record = await self._connection.ask(redis.hgetall(f"{PREFIX}account:{name}"))
        return _account(record) if record else None

    async def list(self) -> Sequence[Account]:
        """All accounts, by name."""
        pipeline = self._connection.redis.pipeline(transaction=False)
        for name in await self._names():
            pipeline.hgetall(f"{PREFIX}account:{name}")
        records = await self._connection.ask(pipeline.execute())
        return [_account(record) for record in records if record]

    async def any(self) -> bool:
        """Whether there is an account."""
        redis = self._connection.redis
        return bool(await self._connection.ask(redis.exists(f"{PREFIX}accounts")))

    async def remove(self, name: str) -> bool:
        """Remove an account and end its sessions. False: there is none."""
        return bool(await self._connection.run("accounts/remove", name))

    async def set_password(
        self,
        name: str,
        password: str,
        *,
        replaced: str | None = None,
        keep_session: str | None = None,
    ) -> bool:
        """Replace a hash and end the account's sessions, except `keep_session` (its SHA-256).

        False: there is no such account, or its hash is not `replaced`.
        """
        return bool(
            await self._connection.run(
                "accounts/set_password", name, password, replaced or "", keep_session or ""
            )
        )

    async def begin_attempt(self, subjects: Mapping[str, int], limits: AttemptLimits) -> int:
        """Count a failure for each subject, whose value is the failures without a wait.

        Returns the seconds to wait; then nothing was counted.
        """
        arguments = [part for subject in subjects.items() for part in subject]
        left_ms = await self._connection.run(
            "accounts/begin_attempt",
            _ms(limits.forgotten),
            _ms(limits.first_wait),
            _ms(limits.longest_wait),
            *arguments,
        )
        return math.ceil(int(left_ms) / 1000)

    async def open_session(
        self,
        name: str,
        session: str,
        *,
        idle: timedelta,
        lifetime: timedelta,
        browser: str,
        browser_known: timedelta,
        forget: Sequence[str],
        take_back: tuple[str, int] = ("", 0),
    ) -> bool:
        """Begin a session; `session` and `browser` are the SHA-256 of their tokens, `forget` the
        subjects whose failures are forgotten. `take_back`: the subject of which the one failure is
        taken back that `begin_attempt` counted for this sign-in, and its failures without a wait.
        False: there is no such account.
        """
        return bool(
            await self._connection.run(
                "accounts/open_session",
                name,
                session,
                _ms(idle),
                _ms(lifetime),
                browser,
                _ms(browser_known),
                _ACCOUNTS_OF_BROWSER,
                *take_back,
                *forget,
            )
        )

    async def read_session(self, session: str, idle: timedelta) -> Account | None:
        """The account of a session, whose idle time begins again; None if it has ended."""
        record = pairs(await self._connection.run("accounts/read_session", session, _ms(idle)))
        return _account(record) if record else None

    async def end_session(self, session: str) -> None:
        redis = self._connection.redis
        await self._connection.ask(redis.delete(f"{PREFIX}session:{session}"))

    async def is_known(self, browser: str, name: str) -> bool:
        """Whether the account has signed in with this browser before."""
        redis = self._connection.redis
        return bool(await self._connection.ask(redis.sismember(f"{PREFIX}browser:{browser}", name)))

    async def add_record(self, job_id: str, *owners: str) -> None:
        """Add a job to the records of `owners`: `account:NAME`, `group:ID`."""
        await self._connection.run(
            "accounts/add_record", job_id, self._record_keep_ms, MOST_RECORDS, *owners
        )

    async def records(self, owner: str, *, limit: int, cursor: str | None = None) -> Page[str]:
        """The ids of an owner's jobs, newest first, also of jobs that are no more.

        Raises `ProblemError("invalid-request")` for a cursor of another form.
        """
        check_cursor(cursor, is_job_id, "jobs")
        redis = self._connection.redis
        ids = await self._connection.ask(
            redis.zrevrangebylex(
                f"{PREFIX}records:{owner}", f"({cursor}" if cursor else "+", "-", 0, limit
            )
        )
        return Page(ids, ids[-1] if len(ids) == limit else None)

    async def _names(self) -> Sequence[str]:
        redis = self._connection.redis
        return sorted(await self._connection.ask(redis.smembers(f"{PREFIX}accounts")))


def _account(record: Record) -> Account:
    return Account(
        name=record["name"],
        department=record["department"] or None,
        role=Role(record["role"]),
        password=record["password"] or None,
        created_at=to_time(record.get("created_at")),
        changed_at=to_time(record.get("changed_at")),
    )


def _ms(span: timedelta) -> int:
    return round(span.total_seconds() * 1000)
