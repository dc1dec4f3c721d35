"""What is promised of a batch at its submission, before its file was read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from jobs.batches.eta.token_estimate import SAMPLE_LINES, SHORT_SAMPLE_BYTES, tokens_from_size
from jobs.batches.input.indexing import IndexLimits
from jobs.batches.input.token_counts import ANSWER_TOKENS, document_tokens
from jobs.ledger import Ledger
from jobs.ledger.processes import Process
from jobs.process.settings import BulkSettings, LimitSettings
from jobs.store import Folder, Store
from tests.integration.api.conftest import Api, Open
from worker.bulk.batch_reader import BatchReader

PER_SECOND = 100.0
BULK = BulkSettings(assumed_tokens_per_second=PER_SECOND)
REFUSING = BulkSettings(assumed_tokens_per_second=PER_SECOND, late_batches="refuse")
LIMITS = LimitSettings(max_document_bytes=50_000)
DOCUMENT = b"The well is dry. " * 1_200  # 20 KB
TEXT_LINES = IndexLimits(max_lines=10_000, max_line_bytes=100_000, max_text_chars=100_000)


def line(number: int, task: str = "summarize", **given: Any) -> bytes:
    body = {"task": task, "input": given or {"text": f"The water is off in street {number}."}}
    told = {"custom_id": f"c{number}", "method": "POST", "url": "/v1/jobs", "body": body}
    return json.dumps(told).encode() + b"\n"


async def documents(api: Api, count: int) -> list[str]:
    """Ids of so many documents of 20 KB each."""
    ids = []
    for number in range(count):
        answer = await api.http.post("/v1/documents", content=b"%d " % number + DOCUMENT)
        ids.append(answer.raise_for_status().json()["id"])
    return ids


async def live_processes(ledger: Ledger) -> None:
    """Those without which no end is promised."""
    now = datetime.now(UTC)
    for role in ("worker", "scheduler"):
        await ledger.processes.beat(Process(role, role, "here", 1, now, {}))


async def of_documents(api: Api, ids: list[str], window: str = "24h") -> dict[str, Any]:
    asked = {"documents": ids, "task": "summarize", "completion_window": window}
    return dict((await api.http.post("/v1/batches", json=asked)).json())


async def of_file(api: Api, lines: Iterable[bytes]) -> dict[str, Any]:
    file = {"file": ("lines.jsonl", b"".join(lines))}
    sent = await api.http.post("/v1/files", files=file, data={"purpose": "batch"})
    asked = {"input_file_id": sent.raise_for_status().json()["id"]}
    answer = await api.http.post("/v1/batches", json=asked)
    return dict(answer.raise_for_status().json())


async def tokens(ledger: Ledger, batch: Mapping[str, Any]) -> Mapping[str, int]:
    found = await ledger.batches.get("tax", batch["id"])
    assert found is not None
    return found.tokens


async def indexed_tokens(ledger: Ledger, api: Api, batch: Mapping[str, Any]) -> Mapping[str, int]:
    """What the index says of it, once the scheduler has read its file."""
    assert await BatchReader(ledger, Store(Folder(api.folder / "store")), TEXT_LINES).read_next()
    return await tokens(ledger, batch)


async def test_documents_count_at_the_submission_as_they_will_in_the_index(
    open_api: Open, ledger: Ledger
) -> None:
    async with open_api(limits=LIMITS, bulk=BULK) as api:
        ids = await documents(api, 20)
        await live_processes(ledger)
        batch = await of_documents(api, [*ids, "doc_nobody"])
        promised = await tokens(ledger, batch)
        size = len(b"0 " + DOCUMENT)
        assert promised["summarize"] >= 20 * (document_tokens(size) + ANSWER_TOKENS)
        seconds = batch["expected_at"] - batch["created_at"]
        assert seconds == pytest.approx(promised["summarize"] / PER_SECOND, abs=4)
        assert await indexed_tokens(ledger, api, batch) == promised


async def test_a_batch_that_will_be_late_is_warned_of_at_its_submission(
    open_api: Open, ledger: Ledger
) -> None:
    async with open_api(limits=LIMITS, bulk=BULK) as api:
        ids = await documents(api, 3)
        await live_processes(ledger)
        late = await of_documents(api, ids, "60s")
        assert "after" in late["warnings"][0]
        assert (await of_documents(api, ids, "24h"))["warnings"] == []


async def test_a_batch_that_will_be_late_is_refused_where_the_operator_says_so(
    open_api: Open,
) -> None:
    async with open_api(limits=LIMITS, bulk=REFUSING) as api:
        ids = await documents(api, 3)
        refused = await of_documents(api, ids, "60s")
        assert refused["type"] == "/problems/deadline-unreachable"
        assert refused["expected_at"] > 0
        assert (await of_documents(api, ids, "24h"))["status"] == "validating"


async def test_a_short_file_counts_at_the_submission_as_it_will_in_the_index(
    open_api: Open, ledger: Ledger
) -> None:
    async with open_api(limits=LIMITS, bulk=BULK) as api:
        (document,) = await documents(api, 1)
        lines = [
            line(1, text="The water is off. " * 500),
            line(2, "redact", document_id=document),
            line(3, "redact", document_id="doc_nobody"),
            line(4, "sing"),
            b"\n",
            line(5, "parse"),
        ]
        batch = await of_file(api, lines)
        promised = await tokens(ledger, batch)
        assert set(promised) == {"summarize", "redact", "parse"}
        assert await indexed_tokens(ledger, api, batch) == promised


async def test_a_long_file_counts_as_its_first_lines_do(open_api: Open, ledger: Ledger) -> None:
    async with open_api(limits=LIMITS, bulk=BULK) as api:
        lines = [line(1_000 + number) for number in range(10 * SAMPLE_LINES)]
        batch = await of_file(api, lines)
        promised = await tokens(ledger, batch)
        found = await indexed_tokens(ledger, api, batch)
        assert promised["summarize"] == pytest.approx(found["summarize"], rel=0.01)


async def test_a_file_whose_first_line_is_too_long_to_look_at_counts_by_its_size(
    open_api: Open, ledger: Ledger
) -> None:
    async with open_api(limits=LIMITS, bulk=BULK) as api:
        lines = [line(1, text="x" * 3_000_000), line(2)]
        batch = await of_file(api, lines)
        assert await tokens(ledger, batch) == tokens_from_size(sum(map(len, lines)), 2)


async def test_of_a_file_with_short_lines_only_the_beginning_is_looked_at(
    open_api: Open, ledger: Ledger
) -> None:
    async with open_api(limits=LIMITS, bulk=BULK) as api:
        lines = [line(number) for number in range(SHORT_SAMPLE_BYTES // len(line(100)) + 3)]
        lines += [line(1_000 + number, "redact") for number in range(SAMPLE_LINES)]
        assert len(lines) < 2 * SAMPLE_LINES
        batch = await of_file(api, lines)
        assert set(await tokens(ledger, batch)) == {"summarize"}
