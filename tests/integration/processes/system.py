"""Starts the processes under test as an operator does, and submits jobs to them."""

from __future__ import annotations

import asyncio
import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr
from redis import Redis

from jobs.ledger import Ledger
from jobs.model.callback import Callback
from jobs.model.department import Department, NewDepartment
from jobs.model.job import Job, StoredDocument
from jobs.model.states import CallbackStatus, JobStatus
from jobs.process.settings import LimitSettings, RedisSettings
from jobs.store import Folder, Store
from jobs.submit.documents import Documents, Upload
from jobs.submit.requests import JobRequest
from jobs.submit.submission import Submissions
from standin.engine_process import StandInControl
from standin.ports import reserved_port

CHECKOUT = Path(__file__).resolve().parents[3]
# Long, because test machines are busy. A passing test does not wait this long.
PATIENCE = 120.0
PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)

# Short where every run waits (`CHANCERY_CALLBACK_SCHEDULE_SECONDS` is a JSON list), and never where
# only a fault does: on a machine that stands still for seconds, a short limit for an engine or a
# receiver that answers would fail what works. A test of such a limit starts its own process.
FAST: Mapping[str, str] = {
    "CHANCERY_CONCURRENCY": "8",
    "CHANCERY_READ_PROCESSES": "1",
    "CHANCERY_MAX_ATTEMPTS": "2",
    "CHANCERY_RETRY_BASE_SECONDS": "0.05",
    "CHANCERY_INLINE_RESULT_MAX_BYTES": "2000",
    "CHANCERY_CALLBACK_MAX_BYTES": "4000",
    "CHANCERY_CALLBACK_SCHEDULE_SECONDS": "[0, 0.1, 0.1]",
}


@dataclass(slots=True)
class Child:
    """A process of Chancery, with its output in a file."""

    process: subprocess.Popen[bytes]
    log: Path

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def kill(self) -> None:
        """Send SIGKILL and wait for the end."""
        self.process.kill()
        self.process.wait(10)

    def wait(self, seconds: float = PATIENCE) -> int:
        return self.process.wait(seconds)

    def events(self, name: str | None = None) -> list[dict[str, Any]]:
        """The events in its log, or only those with one name."""
        lines = self.log.read_text(errors="replace").splitlines()
        events = [json.loads(line) for line in lines if line.startswith("{")]
        return [event for event in events if name in (None, event.get("event"))]


@dataclass(slots=True)
class System:
    """One Redis, one data folder, one engine, and the processes that use them."""

    redis_url: str
    folder: Path
    engine: StandInControl
    env: Mapping[str, str] = field(default_factory=dict)
    children: list[Child] = field(default_factory=list)

    def start(self, role: str, program: str | None = None, **env: str) -> Child:
        """Start `python -m worker ROLE`, `python -m api`, or the Python `program` in its place;
        `up` waits for the first heartbeat.
        """
        module = ["-m", "api"] if role == "api" else ["-m", "worker", role]
        log = self.folder / f"{role}-{len(self.children)}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, *(("-c", program) if program else module)],
                cwd=CHECKOUT,
                env=_clean() | self._own() | dict(FAST) | dict(self.env) | env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                preexec_fn=_end_with_parent,  # noqa: PLW1509 - one call to the kernel
            )
        child = Child(process, log)
        self.children.append(child)
        return child

    def start_api(self, answers: str = "/readyz") -> str:
        """Start `python -m api`; returns its URL when it has what it needs to answer there."""
        port = reserved_port()
        child = self.start("api", CHANCERY_API_PORT=str(port))
        url = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and child.process.poll() is None:
            try:
                if httpx.get(f"{url}{answers}", timeout=5, verify=False).is_success:
                    return url
            except httpx.TransportError:
                time.sleep(0.05)
        raise TimeoutError(f"not up: {child.log.read_text(errors='replace')[-3000:]}")

    def up(self, *children: Child) -> None:
        """Wait until each sends heartbeats, and workers report a healthy engine."""
        with Redis.from_url(self.redis_url, decode_responses=True) as redis:
            for child in children:
                self._wait_up(redis, child)

    def engine_healthy(self, engine: str = "engine") -> bool:
        """What the worker last reported about its `engine` or `fast_engine`."""
        return bool(self.worker_detail()[f"{engine}_healthy"])

    def engine_reason(self) -> str:
        """Why the worker last reported its engine as unhealthy; empty if it did not."""
        return str(self.worker_detail()["engine_reason"])

    def worker_detail(self) -> Mapping[str, Any]:
        with Redis.from_url(self.redis_url, decode_responses=True) as redis:
            every = last_heartbeats(redis)
        (worker,) = [process for process in every if process["role"] == "worker"]
        detail: Mapping[str, Any] = worker["detail"]
        return detail

    def record(self, job_id: str) -> dict[str, str]:
        """The job's record in the ledger."""
        with Redis.from_url(self.redis_url, decode_responses=True) as redis:
            return dict(redis.hgetall(f"chancery:job:{job_id}"))

    def stop(self) -> None:
        for child in self.children:
            if child.process.poll() is None:
                child.signal(signal.SIGTERM)
        for child in self.children:
            try:
                child.wait(20)
            except subprocess.TimeoutExpired:
                child.kill()

    def _own(self) -> dict[str, str]:
        return {
            "CHANCERY_REDIS_URL": self.redis_url,
            "CHANCERY_DATA_DIR": str(self.folder),
            "CHANCERY_ENGINE_URL": self.engine.url,
        }

    @staticmethod
    def _wait_up(redis: Redis, child: Child) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if child.process.poll() is not None:
                break
            for process in last_heartbeats(redis):
                healthy = process["detail"].get("engine_healthy", True)
                if process["pid"] == child.process.pid and healthy:
                    return
            time.sleep(0.05)
        raise TimeoutError(f"not up: {child.log.read_text(errors='replace')[-3000:]}")


class Desk:
    """A department: submits jobs as the api does, and reads their results from the ledger."""

    def __init__(self, system: System, new: NewDepartment, department: Department) -> None:
        self.name = new.department
        self.key = new.api_key
        self.secret = new.callback_secret
        self.department = department
        self.ledger = Ledger(RedisSettings(url=SecretStr(system.redis_url)))
        self.folder = Folder(system.folder / "store")
        self.store = Store(self.folder, inline_text_bytes=8 * 1024)
        self._documents = Documents(self.ledger, self.store, LimitSettings())
        self._submissions = Submissions(self.ledger, self._documents)

    async def submit(self, text: str = "The water is off on 5 March.", **request: Any) -> str:
        """Submit a job on `text`, or on the document `document_id`; by default `summarize`."""
        if "document_id" in request:
            request["input"] = {"document_id": request.pop("document_id")}
        request = {"task": "summarize", "input": {"text": text}, **request}
        submitted = await self._submissions.submit(self.department, JobRequest(**request))
        return submitted.id

    async def upload(self, data: bytes, filename: str) -> StoredDocument:
        async with self.store.incoming(100_000_000) as incoming:
            incoming.write(data)
            return await self._documents.keep(self.department, Upload(incoming, filename))

    async def job(self, job_id: str) -> Job:
        job = await self.ledger.jobs.get(self.name, job_id)
        assert job is not None
        return job

    async def ended(self, job_id: str, seconds: float = PATIENCE) -> Job:
        """Wait for the job's end; fails after `seconds`."""
        await self.ledger.jobs.wait_ended(job_id, seconds)
        job = await self.job(job_id)
        assert job.finished_at is not None, f"the job is still {job.status}"
        return job

    async def reaches(self, job_id: str, status: JobStatus) -> Job:
        await until(lambda: self._is(job_id, status))
        return await self.job(job_id)

    async def callback(self, job_id: str) -> Callback:
        (callback,) = (await self.ledger.callbacks.list(self.name, job_id=job_id)).items
        return callback

    async def settled(self, job_id: str) -> Callback:
        """Wait until the job's callback is delivered or dead."""
        await self.ended(job_id)

        async def is_settled() -> bool:
            return (await self.callback(job_id)).status is not CallbackStatus.pending

        await until(is_settled)
        return await self.callback(job_id)

    async def _is(self, job_id: str, status: JobStatus) -> bool:
        return (await self.job(job_id)).status is status


async def until(condition: Callable[[], Any], seconds: float = PATIENCE) -> None:
    """Poll until the condition, which may be async, is true."""
    async with asyncio.timeout(seconds):
        while True:
            value = condition()
            if await value if asyncio.iscoroutine(value) else value:
                return
            await asyncio.sleep(0.02)


def last_heartbeats(redis: Redis) -> list[dict[str, Any]]:
    """The last heartbeat of each process."""
    names: Any = redis.zrange("chancery:processes", 0, -1)
    texts = [redis.hget(f"chancery:process:{name}", "process") for name in names]
    return [json.loads(text) for text in texts if text]


def _clean() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("CHANCERY_")}


def _end_with_parent() -> None:
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
