"""The cost of the check for secrecy markings on a submission and an upload.

    python -m bench.secrecy [--count 1500] [--in-flight 32]

Compares a department whose documents are checked with one that may send any marked document, by
turns in one run, against valkey-server on this machine. Submissions have texts of 1 KB; uploads are
a text, a DOCX and a PDF of about two pages.
"""

from __future__ import annotations

import argparse
import asyncio
import secrets
import statistics
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from pydantic import SecretStr

from jobs.ledger import Ledger
from jobs.model.department import Department
from jobs.process.settings import LimitSettings, RedisSettings, SecrecySettings, TaskSettings
from jobs.store import Folder, Store
from jobs.submit.documents import Documents, Upload
from jobs.submit.requests import JobInput, JobRequest
from jobs.submit.secrecy import Screening
from jobs.submit.submission import Submissions
from standin.documents.builders import PARAGRAPH, as_docx, as_pdf, as_text
from standin.valkey import start_valkey
from tasks.secrecy import Secrecy

ROUNDS = 5
UPLOADS = 20
TEXT = "根据本法，各级人民政府应当加强档案工作，涉及国家秘密的按照有关规定办理。" * 10
WITH = Department("with", (), ())
WITHOUT = replace(WITH, name="without", allow_secrecy=Secrecy.top_secret)


class Bench:
    def __init__(self, ledger: Ledger, folder: Path, screening: Screening) -> None:
        self._store = Store(Folder(folder))
        self._documents = Documents(ledger, self._store, LimitSettings(), screening)
        self._submissions = Submissions(ledger, self._documents)

    async def submissions_per_second(
        self, department: Department, count: int, in_flight: int
    ) -> float:
        numbers = iter(range(count))

        async def submit() -> None:
            for number in numbers:
                request = JobRequest(task="summarize", input=JobInput(text=f"{number} {TEXT}"))
                await self._submissions.submit(department, request)

        began = time.perf_counter()
        await asyncio.gather(*(submit() for _ in range(in_flight)))
        return count / (time.perf_counter() - began)

    async def upload_ms(self, department: Department, data: bytes) -> float:
        """The median time of an upload, each with different bytes."""
        times = []
        for _ in range(UPLOADS):
            began = time.perf_counter()
            async with self._store.incoming(10_000_000) as incoming:
                # Appended at the end, where all three formats allow it.
                incoming.write(data + b"\n%" + secrets.token_hex(8).encode())
                await self._documents.keep(department, Upload(incoming, None))
            times.append((time.perf_counter() - began) * 1000)
        return statistics.median(times)


async def measure(url: str, folder: Path, count: int, in_flight: int) -> None:
    ledger = Ledger(RedisSettings(url=SecretStr(url)), limits=LimitSettings(max_queued=10**9))
    content = [(PARAGRAPH, TEXT)] * 6
    files = {"text": as_text(content), "DOCX": as_docx(content), "PDF": as_pdf(content)}
    async with Screening.with_processes(
        SecrecySettings(look_seconds=30), LimitSettings(), TaskSettings()
    ) as screening:
        bench = Bench(ledger, folder, screening)
        await bench.upload_ms(WITH, files["PDF"])  # starts the checking process
        rates: dict[str, list[float]] = {"with": [], "without": []}
        for _ in range(ROUNDS):
            for one in (WITH, WITHOUT):
                rate = await bench.submissions_per_second(one, count, in_flight)
                rates[one.name].append(rate)
        for name, found in rates.items():
            print(f"texts {name:8} the check {statistics.median(found):8.0f} submissions/s")
        pairs = zip(rates["with"], rates["without"], strict=True)
        print(f"with/without {statistics.median(a / b for a, b in pairs):.2f}")
        for name, data in files.items():
            ms = [await bench.upload_ms(one, data) for one in (WITH, WITHOUT)]
            print(f"upload of a {name:5} with {ms[0]:6.1f} ms, without {ms[1]:6.1f} ms")
    await ledger.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1500)
    parser.add_argument("--in-flight", type=int, default=32)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        valkey, url = start_valkey(folder)
        try:
            store = folder / "store"
            asyncio.run(measure(url, store, arguments.count, arguments.in_flight))
        finally:
            valkey.terminate()
            valkey.wait(10)


if __name__ == "__main__":
    main()
