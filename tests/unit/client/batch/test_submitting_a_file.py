"""`chancery batch submit FILE`."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.unit.client.batch.command import Run


def test_the_lines_are_sent_and_a_batch_is_requested(server: Any, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "lines.jsonl"
    path.write_text('{"custom_id": "a"}\n')
    result = run(
        "submit", path, "--completion-window", "90m", "--callback-url", "http://oa/hook",
        "--lane", "bulk", "--window", "20:00-06:00 Asia/Shanghai", "--metadata", "case=7",
        "--deadline", "2031-05-01T08:00+08:00", "--endpoint", "/v1/chat/completions",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    assert result.stdout == "batch_1\n"
    assert server.batch_api.files["file_1"] == path.read_bytes()
    (asked,) = server.batch_api.asked
    deadline = asked["metadata"].pop("deadline")
    assert datetime.fromisoformat(deadline) == datetime(2031, 5, 1, tzinfo=UTC)
    assert asked == {
        "input_file_id": "file_1",
        "endpoint": "/v1/chat/completions",
        "completion_window": "90m",
        "metadata": {
            "case": "7",
            "callback_url": "http://oa/hook",
            "lane": "bulk",
            "window": "20:00-06:00 Asia/Shanghai",
        },
    }


def test_a_deadline_may_be_so_far_from_now_and_the_batch_comes_as_json(
    server: Any, run: Run, tmp_path: Path
) -> None:
    path = tmp_path / "lines.jsonl"
    path.write_text("{}\n")
    result = run("submit", path, "--deadline", "12h", "--json")
    assert json.loads(result.stdout)["created_at"] == 1_900_000_000
    deadline = datetime.fromisoformat(server.batch_api.asked[0]["metadata"]["deadline"])
    assert abs(deadline - datetime.now(UTC) - timedelta(hours=12)) < timedelta(minutes=1)


def test_it_is_watched_to_its_end(server: Any, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "lines.jsonl"
    path.write_text("{}\n")
    counts = {"total": 1, "completed": 1, "failed": 0}
    server.batch_api.steps = [{"status": "completed", "request_counts": counts}]
    result = run("submit", path, "--watch")
    assert result.exit_code == 0
    assert result.stdout == "batch_1\n"
    assert "batch_1 completed: 1 of 1 lines succeeded.\n" in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["FILE", "--task", "summarize"],
        ["FILE", "--new"],
        ["FILE", "--option", "a=1"],
        ["FILE", "--metadata", "novalue"],
        ["FILE", "--deadline", "soon"],
        ["FILE", "--lane", "fast"],
        ["no-such-file.jsonl"],
        ["DIR"],
        ["DIR", "--task", "summarize", "--endpoint", "/v1/jobs"],
        ["DIR", "--task", "summarize", "--glob", "*.none"],
        ["DIR", "--task", "summarize", "--glob", "/absolute"],
    ],
)
def test_wrong_usage_is_status_2(server: Any, run: Run, folder: Path, words: list[str]) -> None:
    places = {"FILE": folder / "00.txt", "DIR": folder}
    result = run("submit", *(places.get(word, word) for word in words))
    assert result.exit_code == 2, result.output
    assert server.requests == []
