"""What `chancery jobs`, `callbacks`, `batch list`, `cancel` and `redeliver` do for operators, who
have no departments' keys: they use the ledger itself. The client's commands load this class.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from datetime import date, datetime
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, Protocol, TypeVar

from jobs.batches.views import batch_view
from jobs.ledger import Ledger
from jobs.ledger.page import Page
from jobs.model.states import CallbackStatus, JobStatus
from jobs.process.environment import read_or_exit
from jobs.process.settings import PriceSettings
from jobs.texts.translation import translation
from jobs.usage import MonthUse, by_month, days_of, read_days, to_csv
from jobs.views import callback_view, job_summary
from worker.commands.department.arguments import no_such
from worker.commands.messages import detail, language_of_operator, message
from worker.commands.system import with_ledger

PAGE_ITEMS = 100
Item = TypeVar("Item", bound="_Record")
ListPage = Callable[[str, str | None, int], Awaitable[Page[Item]]]
# The state of a record after the change; None if the department has no such record.
Change = Callable[[Ledger, str, str], Awaitable[str | None]]


class _Record(Protocol):
    """A job, batch or callback. Its id is a ULID with a prefix, so ids sort by time of creation."""

    @property
    def id(self) -> str: ...


class _NothingChanged(Exception):
    """Makes the audit record the command as failed."""

    def __init__(self, outcomes: list[dict[str, str]]) -> None:
        super().__init__()
        self.outcomes = outcomes


def _translated(job: dict[str, Any]) -> dict[str, Any]:
    """A job with its error in the language of the operator."""
    error = job["error"]
    return job | {"error": error and translation(language_of_operator()).problem(error)}


class Operators:
    """Lists and changes the records of one department, or of all if `department` is None.

    Lists are JSON values as the api has them, with `department`, newest first; jobs are without
    their results. A change returns for each id what it did: `id` with `status` or `error`. Every
    method raises `click.ClickException` for a department or system that does not exist.
    """

    def __init__(self, data_dir: Path, redis_url: str | None, department: str | None) -> None:
        self._data_dir = data_dir
        self._redis_url = redis_url
        self._department = department

    def jobs(self, *, status: str | None, task: str | None, limit: int) -> list[dict[str, Any]]:
        wanted = JobStatus(status) if status else None

        async def read(ledger: Ledger) -> list[dict[str, Any]]:
            async def page(name: str, cursor: str | None, size: int) -> Page[Any]:
                return await ledger.jobs.list(
                    name, status=wanted, task=task, limit=size, cursor=cursor
                )

            jobs = await self._newest(ledger, page, limit)
            return [_translated(job_summary(job).model_dump(mode="json")) for job in jobs]

        return with_ledger(self._data_dir, self._redis_url, read)

    def callbacks(
        self, *, status: str | None, job_id: str | None, limit: int
    ) -> list[dict[str, Any]]:
        wanted = CallbackStatus(status) if status else None

        async def read(ledger: Ledger) -> list[dict[str, Any]]:
            async def page(name: str, cursor: str | None, size: int) -> Page[Any]:
                return await ledger.callbacks.list(
                    name, status=wanted, job_id=job_id, limit=size, cursor=cursor
                )

            callbacks = await self._newest(ledger, page, limit)
            texts = translation(language_of_operator())
            return [
                callback_view(each, texts).model_dump(mode="json") | {"department": each.department}
                for each in callbacks
            ]

        return with_ledger(self._data_dir, self._redis_url, read)

    def batches(self, *, limit: int) -> list[dict[str, Any]]:
        async def read(ledger: Ledger) -> list[dict[str, Any]]:
            async def page(name: str, cursor: str | None, size: int) -> Page[Any]:
                return await ledger.batches.list(name, after=cursor, limit=size)

            batches = await self._newest(ledger, page, limit)
            return [
                batch_view(each).model_dump(mode="json") | {"department": each.department}
                for each in batches
            ]

        return with_ledger(self._data_dir, self._redis_url, read)

    def usage(self, first: date | None, last: date | None) -> list[dict[str, Any]]:
        """Rows by month, with the prices in this process's settings."""
        return [asdict(row) for row in self._months(first, last)]

    def usage_csv(self, first: date | None, last: date | None) -> str:
        return to_csv(self._months(first, last))

    def _months(self, first: date | None, last: date | None) -> Sequence[MonthUse]:
        prices = read_or_exit(PriceSettings)

        async def read(ledger: Ledger) -> Sequence[MonthUse]:
            begin, end = days_of(first, last)
            return by_month(await read_days(ledger, await self._names(ledger), begin, end), prices)

        return with_ledger(self._data_dir, self._redis_url, read)

    def cancel(self, job_ids: Sequence[str]) -> list[dict[str, str]]:
        return self._change(job_ids, "job", _department_of_job, _cancel_job)

    def cancel_batches(self, batch_ids: Sequence[str]) -> list[dict[str, str]]:
        return self._change(batch_ids, "batch", _department_of_batch, _cancel_batch)

    def redeliver(self, callback_ids: Sequence[str]) -> list[dict[str, str]]:
        return self._change(callback_ids, "callback", _department_of_callback, _redeliver)

    def redeliver_dead(self, since: datetime, until: datetime) -> int:
        """The number of callbacks that are delivered again."""

        async def change(ledger: Ledger) -> int:
            return sum(
                [
                    await ledger.callbacks.redeliver_all_dead(name, since, until)
                    for name in await self._names(ledger)
                ]
            )

        return with_ledger(self._data_dir, self._redis_url, change)

    def _change(
        self,
        ids: Sequence[str],
        kind: str,
        department_of: Callable[[Ledger, str], Awaitable[str | None]],
        change: Change,
    ) -> list[dict[str, str]]:
        async def change_one(ledger: Ledger, record_id: str) -> dict[str, str]:
            name = self._department or await department_of(ledger, record_id)
            status = await change(ledger, name, record_id) if name else None
            if status is None:
                return {"id": record_id, "error": self._unknown(kind)}
            return {"id": record_id, "status": status}

        async def change_all(ledger: Ledger) -> list[dict[str, str]]:
            await self._names(ledger)
            outcomes = [await change_one(ledger, record_id) for record_id in ids]
            if not any("status" in each for each in outcomes):
                raise _NothingChanged(outcomes)
            return outcomes

        try:
            return with_ledger(self._data_dir, self._redis_url, change_all)
        except _NothingChanged as nothing:
            return nothing.outcomes

    def _unknown(self, kind: str) -> str:
        kind = detail(kind)
        if self._department is None:
            return message("There is no such {kind}.", kind=kind)
        return message(
            "There is no such {kind} of {department}.", kind=kind, department=self._department
        )

    async def _names(self, ledger: Ledger) -> Sequence[str]:
        """Raises `click.ClickException` if the department does not exist."""
        if self._department is None:
            return await ledger.departments.names()
        if await ledger.departments.get(self._department) is None:
            raise no_such(self._department)
        return [self._department]

    async def _newest(self, ledger: Ledger, page: ListPage[Item], limit: int) -> list[Item]:
        lists = [await _first(partial(page, name), limit) for name in await self._names(ledger)]
        return sorted(chain(*lists), key=lambda each: each.id, reverse=True)[:limit]


async def _first(
    page: Callable[[str | None, int], Awaitable[Page[Item]]], limit: int
) -> list[Item]:
    items: list[Item] = []
    cursor: str | None = None
    while len(items) < limit:
        found = await page(cursor, min(PAGE_ITEMS, limit - len(items)))
        items += found.items
        cursor = found.next_cursor
        if cursor is None:
            break
    return items


async def _department_of_job(ledger: Ledger, job_id: str) -> str | None:
    return await ledger.jobs.department_of(job_id)


async def _department_of_batch(ledger: Ledger, batch_id: str) -> str | None:
    return await ledger.batches.department_of(batch_id)


async def _department_of_callback(ledger: Ledger, callback_id: str) -> str | None:
    return await ledger.callbacks.department_of(callback_id)


async def _cancel_job(ledger: Ledger, department: str, job_id: str) -> str | None:
    job = await ledger.jobs.cancel(department, job_id)
    return job.status.value if job else None


async def _cancel_batch(ledger: Ledger, department: str, batch_id: str) -> str | None:
    batch = await ledger.batches.cancel(department, batch_id)
    return batch.status.value if batch else None


async def _redeliver(ledger: Ledger, department: str, callback_id: str) -> str | None:
    callback = await ledger.callbacks.redeliver(department, callback_id)
    return callback.status.value if callback else None
