"""A running system under attack: its processes, their memory and processor time."""

from __future__ import annotations

import os
import statistics
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.system.one_machine import Up

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Usage:
    """Resident bytes of each process by pid, and the processor seconds of all."""

    resident: dict[int, int]
    cpu_seconds: float


def usage(up: Up) -> Usage:
    """What the system's processes, except the engine, use now."""
    resident, ticks = {}, 0
    for pid in up.children():
        try:
            pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        resident[pid] = pages * PAGE_BYTES
        ticks += int(fields[11]) + int(fields[12])
    return Usage(resident, ticks / TICKS)


def reader_ticks(up: Up) -> dict[int, int]:
    """The processor time, in clock ticks, of each process that opens files."""
    ticks = {}
    for pid, line in up.children().items():
        if any(words in line for words in ("documents.isolation.server", "soffice")):
            with suppress(FileNotFoundError, ProcessLookupError):
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                ticks[pid] = int(fields[11]) + int(fields[12])
    return ticks


@dataclass
class Bystander:
    """Another department, which sends one small interactive job after another."""

    http: httpx.AsyncClient
    seconds: list[float] = field(default_factory=list)

    async def job(self) -> float:
        """The seconds from the submission to the end of a small job. Fails unless it succeeds."""
        started = time.monotonic()
        body = {
            "task": "summarize",
            "input": {"text": f"The water is off on 5 March. {started}"},
            "options": {"max_words": 30},
        }
        answer = await self.http.post("/v1/jobs", json=body)
        assert answer.status_code == httpx.codes.ACCEPTED, answer.text
        job = answer.json()
        while job["status"] not in {"succeeded", "failed", "cancelled", "expired"}:
            answer = await self.http.get(f"/v1/jobs/{job['id']}", params={"wait": 20})
            job = answer.raise_for_status().json()
        assert job["status"] == "succeeded", job["error"]
        self.seconds.append(time.monotonic() - started)
        return self.seconds[-1]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)
