"""Submissions per second with `appendfsync everysec` and `always`.

    python -m bench.submissions [--count 2000] [--in-flight 64]

Measured by turns in one run, against valkey-server on this machine. Each submission has a text of
1 KB, and is stored as the api stores it.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from pydantic import SecretStr
from redis.asyncio import Redis

from jobs.ledger import Ledger
from jobs.model.department import Department
from jobs.process.settings import LimitSettings, RedisSettings
from jobs.store import Folder, Store
from jobs.submit.documents import Documents
from jobs.submit.requests import JobInput, JobRequest
from jobs.submit.submission import Submissions
from standin.valkey import start_valkey

ROUNDS = 3
TEXT = "The water supply in Mill Street is interrupted. " * 20


async def submissions_per_second(
    url: str, folder: Path, count: int, in_flight: int
) -> tuple[float, float]:
    """Submissions per second, and the median time of one in milliseconds."""
    ledger = Ledger(RedisSettings(url=SecretStr(url)), limits=LimitSettings(max_queued=10**9))
    documents = Documents(ledger, Store(Folder(folder)), LimitSettings())
    submissions = Submissions(ledger, documents)
    department = Department("bench", (), ("whsec_" + "A" * 44,))
    numbers, seconds = iter(range(count)), []

    async def submit() -> None:
        for number in numbers:
            request = JobRequest(task="summarize", input=JobInput(text=f"{number} {TEXT}"))
            began = time.perf_counter()
            await submissions.submit(department, request)
            seconds.append(time.perf_counter() - began)

    began = time.perf_counter()
    await asyncio.gather(*(submit() for _ in range(in_flight)))
    rate = count / (time.perf_counter() - began)
    await ledger.close()
    return rate, statistics.median(seconds) * 1000


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--in-flight", type=int, default=64)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        process, url = start_valkey(Path(folder))
        try:
            rates: dict[str, list[tuple[float, float]]] = {"everysec": [], "always": []}
            for _ in range(ROUNDS):
                for policy, measured in rates.items():
                    async with Redis.from_url(url) as redis:
                        await redis.flushall()
                        await redis.config_set("appendfsync", policy)
                    measured.append(
                        await submissions_per_second(
                            url, Path(folder) / "store", arguments.count, arguments.in_flight
                        )
                    )
        finally:
            process.terminate()
            process.wait(10)
    for policy, measured in rates.items():
        rate = statistics.median(rate for rate, _ in measured)
        one = statistics.median(one for _, one in measured)
        print(f"{policy:9} {rate:8.0f} submissions/s  {one:7.1f} ms each")
    pairs = zip(rates["always"], rates["everysec"], strict=True)
    print(f"always/everysec {statistics.median(a[0] / b[0] for a, b in pairs):.2f}")


if __name__ == "__main__":
    asyncio.run(main())
