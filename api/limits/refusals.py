"""Refused submissions and uploads count against a department's rate, as they cost work too."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

from jobs.ledger import Ledger
from jobs.model.department import Department
from jobs.model.problems import PROBLEM_TYPES, ProblemError
from jobs.model.quotas import OverQuotaError


class Refusals:
    """Knows, in this process, which departments have used up their rate with refused requests."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._over: dict[str, tuple[float, OverQuotaError]] = {}

    @asynccontextmanager
    async def counted(self, department: Department) -> AsyncIterator[None]:
        """Count the request in the block if it is refused with a 4xx for what it contains.

        Raises `OverQuotaError` for a department that has used up its rate so: instead of the
        refusal, and then before the block, so that the next ones cost nothing.
        """
        self._check(department.name)
        try:
            yield
        except OverQuotaError:
            raise
        except ProblemError as error:
            if PROBLEM_TYPES[error.problem.code].status < HTTPStatus.INTERNAL_SERVER_ERROR:
                await self._count(department.name)
            raise

    def _check(self, name: str) -> None:
        until, error = self._over.get(name, (0.0, None))
        left = until - time.monotonic()
        if error is None or left <= 0:
            self._over.pop(name, None)
            return
        raise OverQuotaError(name, error.problem.code, left, error.quotas)

    async def _count(self, name: str) -> None:
        try:
            await self._ledger.departments.count_refused(name)
        except OverQuotaError as error:
            self._over[name] = (time.monotonic() + (error.retry_after or 0.0), error)
            raise
