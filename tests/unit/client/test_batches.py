"""Files and batches, over the library."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from chancery import (
    AsyncChancery,
    BatchLine,
    Chancery,
    NotFound,
    UnexpectedAnswer,
    Unreachable,
    WaitTimeout,
)
from tests.unit.client.fake_batch_api import error_line, job_line, json_lines

KEY = "key-of-tax"
MIB = 2**20
LINE = b'{"custom_id": "a", "method": "POST", "url": "/v1/jobs", "body": {}}\n'
ENDED = {
    "status": "completed",
    "output_file_id": "file_out",
    "error_file_id": "file_err",
    "completed_at": 1_900_003_600,
    "request_counts": {"total": 3, "completed": 2, "failed": 1},
}


class TestFiles:
    def test_lines_are_sent_for_a_batch(
        self, server: Any, chancery: Chancery, tmp_path: Path
    ) -> None:
        path = tmp_path / "行.jsonl"
        path.write_bytes(LINE * 3)
        file = chancery.upload_file(path)
        assert (file.id, file.bytes) == ("file_1", 3 * len(LINE))
        assert server.batch_api.files == {"file_1": LINE * 3}
        assert server.batch_api.purposes == ["batch"]
        assert server.requests[0].fields["file"]["filename"] == "行.jsonl"
        assert server.requests[0].key

    def test_a_file_is_looked_at_and_deleted(self, server: Any, chancery: Chancery) -> None:
        file = chancery.upload_file(LINE, "lines.jsonl")
        assert chancery.file(file.id).created_at == datetime.fromtimestamp(1_900_000_000, UTC)
        assert chancery.delete_file(file.id).deleted
        assert server.batch_api.files == {}
        with pytest.raises(NotFound):
            chancery.delete_file(file.id)

    def test_the_content_is_saved_completely(
        self, server: Any, chancery: Chancery, tmp_path: Path
    ) -> None:
        server.batch_api.files["file_out"] = b"\x00\xff" * 5_000
        place = chancery.file_content("file_out", tmp_path / "out.bin")
        assert place.read_bytes() == b"\x00\xff" * 5_000
        assert [path.name for path in tmp_path.iterdir()] == ["out.bin"]

    @pytest.mark.parametrize("knows_ranges", [True, False])
    def test_a_download_that_breaks_goes_on_where_it_broke(
        self, server: Any, chancery: Chancery, tmp_path: Path, *, knows_ranges: bool
    ) -> None:
        content = bytes(range(256)) * 40
        server.batch_api.files["file_out"] = content
        server.batch_api.breaks = [1_000, 0, 2_500]
        server.batch_api.knows_ranges = knows_ranges
        place = chancery.file_content("file_out", tmp_path / "out")
        assert place.read_bytes() == content
        assert server.batch_api.ranges[:3] == [None, "bytes=1000-", "bytes=1000-"]
        assert len(server.batch_api.ranges) == 4

    def test_a_failed_download_leaves_the_old_file_and_nothing_else(
        self, server: Any, tmp_path: Path
    ) -> None:
        server.batch_api.files["file_out"] = b"new" * 1_000
        server.batch_api.breaks = [100] + [0] * 100
        place = tmp_path / "out"
        place.write_text("old")
        with Chancery(server.url, KEY, timeout=0.5) as chancery, pytest.raises(Unreachable):
            chancery.file_content("file_out", place)
        with Chancery(server.url, KEY) as chancery, pytest.raises(NotFound):
            chancery.file_content("file_no", tmp_path / "other")
        assert place.read_text() == "old"
        assert list(tmp_path.iterdir()) == [place]

    def test_a_device_is_written_to_and_not_replaced(self, server: Any, chancery: Chancery) -> None:
        server.batch_api.files["file_out"] = b"content"
        assert chancery.file_content("file_out", "/dev/null").is_char_device()

    def test_lines_end_at_line_feeds_alone(self, server: Any, chancery: Chancery) -> None:
        odd = '{"a": "one\u2028two\x85three\rfour"}'
        server.batch_api.files["file_out"] = f"{odd}\n\n{odd}".encode()
        server.batch_api.breaks = [7, 1, 2]
        assert list(chancery.file_lines("file_out")) == [odd, odd]

    def test_a_large_file_is_streamed(self, server: Any, chancery: Chancery) -> None:
        server.batch_api.files["file_out"] = (b"x" * 999 + b"\n") * 30_000
        chancery.tasks()
        tracemalloc.start()
        try:
            before = tracemalloc.get_traced_memory()[0]
            lines = sum(1 for _ in chancery.file_lines("file_out"))
            peak = tracemalloc.get_traced_memory()[1] - before
        finally:
            tracemalloc.stop()
        assert lines == 30_000
        assert peak < 8 * MIB


class TestSubmitting:
    def test_a_batch_of_a_file(self, server: Any, chancery: Chancery) -> None:
        batch = chancery.submit_batch(
            "file_1",
            endpoint="/v1/chat/completions",
            completion_window="90m",
            callback_url="http://oa/hook",
            lane="interactive",
            window="20:00-06:00 Asia/Shanghai",
            deadline=datetime(2031, 5, 1, tzinfo=UTC),
            metadata={"case": "7"},
        )
        assert (batch.id, batch.status, batch.ended) == ("batch_1", "validating", False)
        assert server.batch_api.asked == [
            {
                "input_file_id": "file_1",
                "endpoint": "/v1/chat/completions",
                "completion_window": "90m",
                "metadata": {
                    "case": "7",
                    "callback_url": "http://oa/hook",
                    "lane": "interactive",
                    "window": "20:00-06:00 Asia/Shanghai",
                    "deadline": "2031-05-01T00:00:00+00:00",
                },
            }
        ]

    def test_a_batch_of_documents(self, server: Any, chancery: Chancery) -> None:
        documents: list[str | Mapping[str, Any]] = [
            "doc_1",
            {"document_id": "doc_2", "custom_id": "b"},
        ]
        chancery.submit_batch(
            documents=documents, task="summarize", options={"max_words": 9}, model="auto"
        )
        assert server.batch_api.asked == [
            {
                "documents": documents,
                "task": "summarize",
                "options": {"max_words": 9},
                "model": "auto",
                "endpoint": "/v1/jobs",
                "completion_window": "24h",
            }
        ]

    def test_an_answer_that_was_lost_makes_no_second_batch(
        self, server: Any, chancery: Chancery
    ) -> None:
        server.batch_api.loses_answers = 1
        assert chancery.submit_batch("file_1").id == "batch_1"
        assert len(server.batch_api.asked) == 2
        assert len(server.batch_api.batches) == 1

    @pytest.mark.parametrize(
        "given",
        [
            {},
            {"input_file_id": "file_1", "documents": ["doc_1"], "task": "summarize"},
            {"documents": ["doc_1"]},
            {"input_file_id": "file_1", "task": "summarize"},
            {"input_file_id": "file_1", "options": {"max_words": 9}},
            {"input_file_id": "file_1", "deadline": datetime(2031, 5, 1)},  # noqa: DTZ001
        ],
    )
    def test_contradictory_arguments_are_refused_before_sending(
        self, server: Any, chancery: Chancery, given: Any
    ) -> None:
        with pytest.raises(ValueError, match=r"^Give |^options and model|no time zone"):
            chancery.submit_batch(**given)
        assert server.requests == []


class TestFollowing:
    def test_a_wait_ends_when_the_batch_ends(self, server: Any, chancery: Chancery) -> None:
        name = server.batch_api.add()
        server.batch_api.steps = [
            {"progress": {"read": 10, "of": 40}},
            {"status": "in_progress", "expected_at": 1_900_003_000, "warnings": ["late"]},
            ENDED,
        ]
        seen = chancery.batch(name)
        assert seen.progress is not None
        assert (seen.progress.read, seen.progress.of) == (10, 40)
        assert not seen.ended
        batch = chancery.wait_batch(name, timeout=30)
        assert batch.ended_at == datetime.fromtimestamp(1_900_003_600, UTC)
        assert batch.counts.failed == 1
        assert batch.warnings == ("late",)
        assert json.loads(batch.model_dump_json())["completed_at"] == 1_900_003_600

    def test_a_wait_that_is_too_short_says_how_the_batch_is(
        self, server: Any, chancery: Chancery
    ) -> None:
        name = server.batch_api.add(status="in_progress")
        with pytest.raises(WaitTimeout, match="batch_1 is still in_progress") as caught:
            chancery.wait_batch(name, timeout=0.1)
        assert caught.value.seen.id == name
        with pytest.raises(TypeError, match="batch"):
            _ = caught.value.job

    def test_results_are_the_lines_of_both_files(self, server: Any, chancery: Chancery) -> None:
        name = server.batch_api.add(**ENDED)
        server.batch_api.files = {
            "file_out": json_lines(job_line("a"), job_line("乙")),
            "file_err": json_lines(error_line("c")),
        }
        lines = list(chancery.batch_results(name))
        assert [line.custom_id for line in lines] == ["a", "乙", "c"]
        assert [line.succeeded for line in lines] == [True, True, False]
        assert lines[1].job.result == {"summary": "乙"}
        assert lines[2].error == {"code": "unknown-task", "message": "There is no such task."}
        with pytest.raises(TypeError, match="'c' has no job"):
            _ = lines[2].job

    def test_a_batch_without_results_has_none(self, server: Any, chancery: Chancery) -> None:
        assert list(chancery.batch_results(server.batch_api.add())) == []

    def test_a_file_that_no_batch_wrote_is_recognised(
        self, server: Any, chancery: Chancery
    ) -> None:
        name = server.batch_api.add(**ENDED)
        server.batch_api.files = {"file_out": b"<html>\n"}
        with pytest.raises(UnexpectedAnswer, match="file_out"):
            list(chancery.batch_results(name))

    def test_batches_are_listed_page_after_page_and_cancelled(
        self, server: Any, chancery: Chancery
    ) -> None:
        for _ in range(5):
            server.batch_api.add()
        assert [batch.id for batch in chancery.batches()] == [f"batch_{n}" for n in range(5, 0, -1)]
        assert chancery.cancel_batch("batch_3").status == "cancelling"


async def test_the_same_is_done_without_blocking(server: Any, tmp_path: Path) -> None:
    server.batch_api.files["file_out"] = json_lines(job_line("a"), job_line("b"))
    server.batch_api.files["file_err"] = json_lines(error_line("c"))
    server.batch_api.breaks = [5, 20]
    async with AsyncChancery(server.url, KEY, timeout=10) as chancery:
        file = await chancery.upload_file(LINE, "lines.jsonl")
        assert (await chancery.file(file.id)).bytes == len(LINE)
        batch = await chancery.submit_batch(file.id)
        server.batch_api.steps = [{"status": "in_progress"}, ENDED]
        assert (await chancery.wait_batch(batch.id, timeout=30)).status == "completed"
        found: list[BatchLine] = [line async for line in chancery.batch_results(batch.id)]
        assert [line.custom_id for line in found] == ["a", "b", "c"]
        place = await chancery.file_content("file_out", tmp_path / "out.jsonl")
        assert place.read_bytes() == server.batch_api.files["file_out"]
        assert [each.id async for each in chancery.batches()] == [batch.id]
        assert (await chancery.cancel_batch(batch.id)).status == "cancelling"
        assert (await chancery.delete_file(file.id)).deleted
