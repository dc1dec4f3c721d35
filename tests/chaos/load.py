"""Submits jobs with the Python client, as a department's software does."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from itertools import count

from chancery import AsyncChancery, ChanceryError

CLIENT_SECONDS = 240.0
CONCURRENCY = 16


@dataclass(frozen=True, slots=True)
class Accepted:
    """An accepted job. `mark` is in the text of its document."""

    id: str
    mark: str


@dataclass(slots=True)
class Load:
    """Submits bursts of jobs in both lanes, as texts and files, each with its own mark."""

    client: AsyncChancery
    callback_url: str | None
    accepted: list[Accepted] = field(default_factory=list)
    refused: list[ChanceryError] = field(default_factory=list)
    numbers: count[int] = field(default_factory=lambda: count(1))
    _bursts: list[asyncio.Task[None]] = field(default_factory=list)
    _slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(CONCURRENCY))

    def burst(self, jobs: int) -> None:
        """Start submitting `jobs` jobs; `finish` waits for all bursts."""
        self._bursts += [asyncio.create_task(self.submit()) for _ in range(jobs)]

    async def finish(self) -> None:
        await asyncio.gather(*self._bursts)

    def cancel(self) -> None:
        """Give up what is not accepted yet."""
        for burst in self._bursts:
            burst.cancel()

    async def submit(self, lane: str | None = None) -> None:
        """Submit a job in `lane`, by default in both lanes by turns."""
        number = next(self.numbers)
        mark = f"c{number:06}"
        text = f"Case {mark}. The water is off on 5 March. Fill a bath before then."
        by_file = number % 5 == 0
        try:
            async with self._slots:
                job = await self.client.submit(
                    "summarize",
                    text=None if by_file else text,
                    file=text.encode() if by_file else None,
                    filename="notice.txt" if by_file else None,
                    lane=lane or ("bulk" if number % 2 else "interactive"),
                    callback_url=self.callback_url,
                )
        except ChanceryError as error:
            self.refused.append(error)
        else:
            self.accepted.append(Accepted(job.id, mark))


def client_of(api_url: str, api_key: str) -> AsyncChancery:
    return AsyncChancery(api_url, api_key, timeout=CLIENT_SECONDS)
