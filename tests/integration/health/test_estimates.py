"""The estimated end of a batch while the engine is away, and after it has come back."""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import httpx
import pytest

from tests.integration.health.faults import (
    NAMED_SECONDS,
    PATIENCE,
    Breakable,
    breakable,
    new_desk,
    within,
)

LATENCY, LINES = 0.3, 400
AWAY_SECONDS = 8.0
OFF_BY = 1.5
RATE_SECONDS = 1.0
SOON = 3  # of the first estimates after the outage, one is within that


@pytest.fixture
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Breakable]:
    with breakable(tmp_path_factory.mktemp("estimates")) as broken:
        yield broken


@pytest.fixture
def http(running: Breakable) -> Iterator[httpx.Client]:
    """The api, as a new department uses it."""

    async def create() -> str:
        desk = await new_desk(running.system, "tax")
        await desk.ledger.close()
        return desk.key

    headers = {"Authorization": f"Bearer {asyncio.run(create())}"}
    url = running.operator.api_url
    with httpx.Client(base_url=url, headers=headers, verify=False, timeout=20) as http:
        yield http


class Batch:
    """A batch of equal lines that a department has submitted."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http
        lines = [
            {
                "custom_id": str(number),
                "method": "POST",
                "url": "/v1/jobs",
                "body": {"task": "summarize", "input": {"text": f"Notice {number} is here."}},
            }
            for number in range(LINES)
        ]
        text = "".join(f"{json.dumps(line)}\n" for line in lines)
        files = {"file": ("lines.jsonl", text)}
        file = self._json("POST", "/v1/files", data={"purpose": "batch"}, files=files)
        request = {"input_file_id": file["id"], "endpoint": "/v1/jobs", "completion_window": "24h"}
        self.id = self._json("POST", "/v1/batches", json=request)["id"]

    def read(self) -> Mapping[str, Any]:
        answers: list[httpx.Response] = []

        def is_answered() -> bool:
            """False while the api answers 503, because Redis does not answer."""
            answers.append(self._http.get(f"/v1/batches/{self.id}"))
            return answers[-1].status_code != httpx.codes.SERVICE_UNAVAILABLE

        within(PATIENCE, is_answered)
        batch: Mapping[str, Any] = answers[-1].raise_for_status().json()
        return batch

    def done(self) -> int:
        return int(self.read()["request_counts"]["completed"])

    def _json(self, method: str, path: str, **content: Any) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = (
            self._http.request(method, path, **content).raise_for_status().json()
        )
        return answer


class Estimate(NamedTuple):
    """`at`, `expected_at`: seconds since the epoch."""

    at: float
    expected_at: int
    lines_left: int


def usual_rate(counted: Sequence[tuple[float, int]]) -> float:
    """Lines per second: the median over periods of `RATE_SECONDS`, so that one in which the machine
    stalled does not change it. `counted`: when how many were done.
    """
    rates, (began, before) = list[float](), counted[0]
    for at, done in counted:
        if at - began >= RATE_SECONDS:
            rates.append((done - before) / (at - began))
            began, before = at, done
    return statistics.median(rates)


def test_an_outage_is_named_instead_of_an_end_and_the_end_is_right_soon_after_it(
    running: Breakable, http: httpx.Client
) -> None:
    running.engine.control(latency=LATENCY)
    batch = Batch(http)
    within(PATIENCE, lambda: batch.done() > LINES / 5)

    running.kill_engine()
    away_at = time.monotonic()
    within(NAMED_SECONDS, lambda: batch.read()["stalled"])
    stalled = batch.read()
    assert stalled["expected_at"] is None
    assert stalled["stalled"]["reason"] == "engine-away"
    assert stalled["stalled"]["detail"].startswith("engine away since 20")
    assert "engine away since" in stalled["warnings"][0]
    within(NAMED_SECONDS, lambda: "batch-stalled" in running.operator.codes()[0])
    within(PATIENCE, lambda: time.monotonic() > away_at + AWAY_SECONDS)

    running.start_engine()
    running.engine.control(latency=LATENCY)
    within(PATIENCE, lambda: batch.read()["expected_at"])
    assert batch.read()["stalled"] is None
    estimates, counted = list[Estimate](), list[tuple[float, int]]()

    def has_ended() -> bool:
        seen, now = batch.read(), time.time()
        done = int(seen["request_counts"]["completed"])
        counted.append((now, done))
        is_new = seen["expected_at"] not in (None, *(one.expected_at for one in estimates))
        if is_new and len(estimates) < SOON:
            estimates.append(Estimate(now, seen["expected_at"], LINES - done))
        return bool(seen["status"] == "completed")

    within(PATIENCE, has_ended)
    rate = usual_rate(counted)
    offs = [(one.expected_at - one.at) / (one.lines_left / rate) for one in estimates]
    # Estimates are in whole seconds, of about ten.
    assert any(1 / OFF_BY < off < OFF_BY for off in offs), offs
