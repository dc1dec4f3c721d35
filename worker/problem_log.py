"""Logs what goes wrong with the system and what ends, for those who read logs."""

from __future__ import annotations

import structlog

from jobs.health.gather import HealthReader
from jobs.health.report import HealthProblem, Severity

log = structlog.get_logger()


class ProblemLog:
    """Each problem is logged when it is seen first and when it is over."""

    def __init__(self, reader: HealthReader) -> None:
        self._reader = reader
        self._known: dict[tuple[str, str], HealthProblem] = {}

    async def update(self) -> None:
        """Read the health and log what has changed since the last call."""
        health = await self._reader.read()
        found = {(one.code, one.subject): one for one in health.problems}
        for key, problem in found.items():
            if key not in self._known:
                write = log.error if problem.severity is Severity.bad else log.warning
                write(
                    "problem.began",
                    code=problem.code,
                    subject=problem.subject,
                    since=problem.since.isoformat() if problem.since else None,
                    detail=problem.detail,
                )
        for code, subject in self._known.keys() - found.keys():
            log.info("problem.ended", code=code, subject=subject)
        self._known = found
