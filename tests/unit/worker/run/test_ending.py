"""The last step of a run: which outcomes end a job, and which requeue it."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from documents.errors import EmptyDocument, WorkError
from jobs.ledger.runs import Ending
from jobs.model.problems import ProblemError
from jobs.model.states import JobStatus
from jobs.process.settings import WorkerSettings
from tasks.errors import EngineBusy, OutputError
from worker.run.ending import LEASE_LOST, RunEnding
from worker.run.outcome import Outcome

SETTINGS = WorkerSettings(max_attempts=3)
LARGE = b'"' + b"x" * 100 + b'"'


@dataclass
class FakeLedger:
    """Records endings and requeues. `away`: so many endings fail before one is stored."""

    accepts: bool = True
    away: int = 0
    endings: list[Ending] = field(default_factory=list)
    requeues: list[tuple[str, bool]] = field(default_factory=list)

    @property
    def runs(self) -> Any:
        return self

    async def finish(self, claim: Any, ending: Ending) -> bool:
        if self.away:
            self.away -= 1
            raise ProblemError("unavailable", "Redis is away.")
        self.endings.append(ending)
        return self.accepts

    async def requeue(self, claim: Any, *, delay_seconds: float, counted: bool, code: str) -> bool:
        self.requeues.append((code, counted))
        return True


@dataclass
class FakeStore:
    blobs: dict[str, bytes] = field(default_factory=dict)

    async def put(self, data: bytes, department: str, owner: str) -> str:
        self.blobs[owner] = data
        return owner

    async def delete(self, blob: str) -> None:
        del self.blobs[blob]


async def end(ledger: FakeLedger, store: FakeStore | None = None, **outcome: Any) -> str:
    tries = outcome.pop("tries", 0)
    job = SimpleNamespace(id="job_1", department="tax", task="summarize", batch_id=None)
    claim: Any = SimpleNamespace(job=job, tries=tries, token=1)
    fakes: Any = (ledger, store or FakeStore())
    ending = RunEnding(*fakes, SETTINGS, inline_result_max_bytes=50)
    return await ending.end(Outcome(claim, **outcome))


async def test_a_result_ends_the_job() -> None:
    ledger = FakeLedger()
    assert await end(ledger, result=b"{}") == "succeeded"
    (ending,) = ledger.endings
    assert (ending.status, ending.result, ending.error) == (JobStatus.succeeded, "{}", None)


async def test_a_large_result_is_stored_and_deleted_if_the_lease_is_lost() -> None:
    ledger, store = FakeLedger(), FakeStore()
    assert await end(ledger, store, result=LARGE) == "succeeded"
    assert (ledger.endings[0].result, ledger.endings[0].result_blob) == (None, "job_1")
    assert store.blobs == {"job_1": LARGE}
    assert await end(FakeLedger(accepts=False), store, result=LARGE) == LEASE_LOST
    assert store.blobs == {}


@pytest.mark.parametrize(
    ("error", "tries", "text"),
    [
        (EmptyDocument("empty"), 0, "failed: document-empty"),
        (OutputError("no JSON"), 0, "requeued: output-invalid"),
        (OutputError("no JSON"), 1, "requeued: output-invalid"),
        (OutputError("no JSON"), 2, "failed: output-invalid"),
        (EngineBusy("429"), 9, "requeued: engine-busy"),
    ],
)
async def test_an_error_fails_the_job_unless_another_try_can_help(
    error: WorkError, tries: int, text: str
) -> None:
    ledger = FakeLedger()
    assert await end(ledger, error=error, tries=tries) == text
    assert [ending.status for ending in ledger.endings] == (
        [JobStatus.failed] if text.startswith("failed") else []
    )
    counted = isinstance(error, OutputError)
    assert ledger.requeues == ([(error.code, counted)] if text.startswith("requeued") else [])


async def test_an_ending_waits_while_the_ledger_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    async def sleep(_: float) -> None:
        """Do not wait."""

    monkeypatch.setattr("worker.run.ending.asyncio.sleep", sleep)
    ledger = FakeLedger(away=3)
    assert await end(ledger, result=b"{}") == "succeeded"
    assert len(ledger.endings) == 1
