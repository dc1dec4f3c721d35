"""`chancery batch`."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from click.testing import CliRunner, Result

from chancery.cli import main
from chancery.commands.batch.display import expected_end
from chancery.commands.batch.group import _row
from chancery.commands.batch.result_paths import result_path
from chancery.commands.submission import CONCURRENT_UPLOADS
from chancery.models import Batch
from tests.unit.client.fake_batch_api import error_line, job_line, json_lines

KEY = "key-of-tax"
STATE = ".chancery-batch.jsonl"
Run = Callable[..., Result]
# Where the tests run in a shell's background, SIGINT is ignored, and stays so in what they start.
COMMAND = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from chancery.cli import main
main()
"""


@pytest.fixture
def run(server: Any) -> Run:
    def command(*words: str | Path, **environment: str) -> Result:
        known = {"CHANCERY_API_URL": server.url, "CHANCERY_API_KEY": KEY} | environment
        return CliRunner().invoke(main, ["batch", *(str(word) for word in words)], env=known)

    return command


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "notices"
    (made / "2026" / ".hidden").mkdir(parents=True)
    for number in range(20):
        name = f"2026/{number:02}.txt" if number % 2 else f"{number:02}.txt"
        (made / name).write_text(f"Document {number}", encoding="utf-8")
    (made / ".hidden-file").write_text("x")
    (made / "2026" / ".hidden" / "file").write_text("x")
    return made


def names_in(folder: Path) -> list[str]:
    """What a batch of it should hold, in order."""
    files = (path for path in folder.rglob("*.txt"))
    return [path.relative_to(folder).as_posix() for path in sorted(files)]


def refusal(status: int, code: str) -> web.Response:
    body = {"type": f"/problems/{code}", "title": "No"}
    return web.json_response(body, status=status, content_type="application/problem+json")


def uploads(server: Any) -> Counter[str]:
    """How often the bytes of each file came."""
    sent = [
        request.fields["file"]["sha256"] for request in server.requests if "file" in request.fields
    ]
    return Counter(sent)


def started(server: Any, *words: str | Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND, "batch", *map(str, words)],
        env=os.environ | {"CHANCERY_API_URL": server.url, "CHANCERY_API_KEY": KEY},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    ends = time.monotonic() + seconds
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < ends, "it did not come about"
        pause.wait(0.02)


class TestSubmittingAFile:
    def test_the_lines_are_sent_and_a_batch_is_requested(
        self, server: Any, run: Run, tmp_path: Path
    ) -> None:
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
        self, server: Any, run: Run, tmp_path: Path
    ) -> None:
        path = tmp_path / "lines.jsonl"
        path.write_text("{}\n")
        result = run("submit", path, "--deadline", "12h", "--json")
        assert json.loads(result.stdout)["created_at"] == 1_900_000_000
        deadline = datetime.fromisoformat(server.batch_api.asked[0]["metadata"]["deadline"])
        assert abs(deadline - datetime.now(UTC) - timedelta(hours=12)) < timedelta(minutes=1)

    def test_it_is_watched_to_its_end(self, server: Any, run: Run, tmp_path: Path) -> None:
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
    def test_wrong_usage_is_status_2(
        self, server: Any, run: Run, folder: Path, words: list[str]
    ) -> None:
        places = {"FILE": folder / "00.txt", "DIR": folder}
        result = run("submit", *(places.get(word, word) for word in words))
        assert result.exit_code == 2, result.output
        assert server.requests == []


class TestSubmittingAFolder:
    def test_every_file_is_a_line_that_has_its_path_as_custom_id(
        self, server: Any, run: Run, folder: Path
    ) -> None:
        result = run("submit", folder, "--task", "summarize", "--option", "max_words=9")
        assert result.exit_code == 0, result.output
        assert result.stdout == "batch_1\n"
        assert "20 of 20 files sent." in result.stderr
        (asked,) = server.batch_api.asked
        assert [each["custom_id"] for each in asked["documents"]] == names_in(folder)
        assert asked["task"] == "summarize"
        assert asked["options"] == {"max_words": 9}
        ids = {document["sha256"]: document["id"] for document in server.documents.values()}
        assert {each["document_id"] for each in asked["documents"]} == set(ids.values())
        assert server.most_at_once <= CONCURRENT_UPLOADS

    def test_a_pattern_says_which_files(self, server: Any, run: Run, folder: Path) -> None:
        assert run("submit", folder, "--task", "summarize", "--glob", "2026/*1.txt").exit_code == 0
        (asked,) = server.batch_api.asked
        assert [each["custom_id"] for each in asked["documents"]] == ["2026/01.txt", "2026/11.txt"]

    def test_equal_bytes_are_sent_once(self, server: Any, run: Run, tmp_path: Path) -> None:
        for number in range(CONCURRENT_UPLOADS * 2):
            (tmp_path / f"{number:02}.txt").write_text(f"{number % CONCURRENT_UPLOADS}")
        assert run("submit", tmp_path, "--task", "summarize").exit_code == 0
        assert len(server.batch_api.asked[0]["documents"]) == CONCURRENT_UPLOADS * 2
        assert set(uploads(server).values()) == {1}

    def test_a_finished_one_says_so_and_sends_nothing(
        self, server: Any, run: Run, folder: Path
    ) -> None:
        run("submit", folder, "--task", "summarize")
        before = len(server.requests)
        (folder / "later.txt").write_text("later")
        result = run("submit", folder, "--task", "summarize")
        assert (result.exit_code, result.stdout) == (0, "batch_1\n")
        assert (
            "already submitted as batch_1; --new submits it again, with 1 new or changed files"
            in (result.stderr)
        )
        assert [request.path for request in server.requests[before:]] == ["/v1/batches/batch_1"]

    def test_new_starts_again(self, server: Any, run: Run, folder: Path) -> None:
        run("submit", folder, "--task", "summarize")
        result = run("submit", folder, "--task", "extract", "--new")
        assert result.exit_code == 1, "the double knows no such task"
        result = run("submit", folder, "--task", "summarize", "--new", "--option", "max_words=1")
        assert (result.exit_code, result.stdout) == (0, "batch_2\n")
        assert set(uploads(server).values()) == {2}

    def test_another_work_needs_a_state_of_its_own(
        self, server: Any, run: Run, folder: Path, tmp_path: Path
    ) -> None:
        run("submit", folder, "--task", "summarize")
        result = run("submit", folder, "--task", "sing")
        assert result.exit_code == 1
        assert "task 'summarize'" in result.stderr
        own = tmp_path / "own.jsonl"
        assert run("submit", folder, "--task", "sing", "--state", own).stdout == "batch_2\n"

    def test_a_state_file_in_the_folder_is_not_sent(
        self, server: Any, run: Run, folder: Path
    ) -> None:
        for _ in range(2):
            server.answers = [*[None] * 21, lambda: web.Response(status=422)]
            run("submit", folder, "--task", "summarize", "--state", folder / "state.jsonl")
        server.answers = []
        run("submit", folder, "--task", "summarize", "--state", folder / "state.jsonl")
        assert all(len(asked["documents"]) == 20 for asked in server.batch_api.asked)

    def test_a_file_that_is_no_state_is_neither_used_nor_emptied(
        self, run: Run, folder: Path, tmp_path: Path
    ) -> None:
        precious = tmp_path / "precious.txt"
        for content in ("One line without end", '{"a": 1}\n{"b": 2}\n', "<html>\n"):
            precious.write_text(content)
            for more in ([], ["--new"]):
                result = run("submit", folder, "--task", "summarize", "--state", precious, *more)
                assert result.exit_code == 1
                assert "is not the state of" in result.stderr
            assert precious.read_text() == content

    def test_a_state_that_cannot_be_written_is_reported_before_anything_is_sent(
        self, server: Any, run: Run, folder: Path, tmp_path: Path
    ) -> None:
        nowhere = tmp_path / "no" / "state.jsonl"
        result = run("submit", folder, "--task", "summarize", "--state", nowhere)
        assert result.exit_code == 1
        assert "--state" in result.stderr
        assert server.requests == []

    def test_a_refused_file_is_named_and_the_batch_is_made_without_it(
        self, server: Any, run: Run, folder: Path
    ) -> None:
        server.answers = [None, lambda: web.Response(status=413)]
        result = run("submit", folder, "--task", "summarize")
        assert result.exit_code == 1
        assert result.stdout == "batch_1\n"
        assert "19 of 20 files sent, 1 not sent." in result.stderr
        assert "Request Entity Too Large" in result.stderr
        assert len(server.batch_api.asked[0]["documents"]) == 19

    def test_without_any_file_sent_there_is_no_batch(
        self, server: Any, run: Run, folder: Path
    ) -> None:
        server.answers = [None, *[lambda: web.Response(status=413)] * 20]
        result = run("submit", folder, "--task", "summarize")
        assert (result.exit_code, result.stdout) == (1, "")
        assert server.batch_api.asked == []

    def test_a_name_that_is_not_utf8_is_skipped_and_reported(
        self, server: Any, run: Run, folder: Path
    ) -> None:
        Path(os.fsdecode(os.fsencode(folder) + b"/\xff.txt")).write_text("x")
        result = run("submit", folder, "--task", "summarize")
        assert result.exit_code == 1
        assert "20 of 21 files sent, 1 not sent." in result.stderr
        assert len(server.batch_api.asked[0]["documents"]) == 20


class TestContinuingAfterAnInterruption:
    def test_after_a_kill_in_the_middle_nothing_is_sent_twice(
        self, server: Any, run: Run, folder: Path
    ) -> None:
        server.answers_documents = 8
        process = started(server, "submit", folder, "--task", "summarize")
        with process:
            try:
                # Eight were answered, as many as may be are under way, and will not be answered.
                until(lambda: len(server.documents) == 8 + CONCURRENT_UPLOADS)
                until(lambda: (folder / STATE).read_bytes().count(b"\n") == 1 + 8)
            finally:
                process.kill()
        answered = {
            json.loads(line)["sent"]["sha256"]
            for line in (folder / STATE).read_text().splitlines()[1:]
        }
        server.answers_documents = None
        result = run("submit", folder, "--task", "summarize")
        assert result.exit_code == 0, result.output
        assert "12 of 20 files sent, 8 already present." in result.stderr
        sent = uploads(server)
        assert {sha256 for sha256, times in sent.items() if times > 1}.isdisjoint(answered)
        # Those whose answers the kill cut off came again, with their keys: no second document.
        assert sum(sent.values()) == 20 + CONCURRENT_UPLOADS
        assert len(server.documents) == 20
        (asked,) = server.batch_api.asked
        assert [each["custom_id"] for each in asked["documents"]] == names_in(folder)

    def test_an_interrupt_says_how_to_go_on(self, server: Any, run: Run, folder: Path) -> None:
        server.answers_documents = 3
        with started(server, "submit", folder, "--task", "summarize") as process:
            try:
                until((folder / STATE).exists)
                until(lambda: (folder / STATE).read_bytes().count(b"\n") == 1 + 3)
                process.send_signal(signal.SIGINT)
                out, err = process.communicate(timeout=30)
            finally:
                process.kill()
        assert process.returncode == 130
        assert out == ""
        assert err == (
            "Interrupted: 3 of 20 files sent.\nRun the same command again to continue.\n"
        )
        server.answers_documents = None
        assert run("submit", folder, "--task", "summarize").stdout == "batch_1\n"

    def test_a_batch_whose_response_was_lost_is_not_created_again(
        self, server: Any, run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("chancery.commands.connection.TRANSFER_TIMEOUT_SECONDS", 0.3)
        server.batch_api.loses_answers = 1_000
        result = run("submit", folder, "--task", "summarize", "--metadata", "run=1")
        assert result.exit_code == 1
        assert "No response" in result.stderr
        server.batch_api.loses_answers = 0
        (folder / "later.txt").write_text("later")
        result = run("submit", folder, "--task", "summarize", "--metadata", "run=2")
        assert (result.exit_code, result.stdout) == (0, "batch_1\n")
        assert "for a batch of 20 files" in result.stderr
        assert len(server.batch_api.batches) == 1
        assert len({json.dumps(asked) for asked in server.batch_api.asked}) == 1

    def test_a_refused_batch_can_be_requested_with_other_arguments(
        self, server: Any, run: Run, folder: Path
    ) -> None:
        refusal = [*[None] * 21, lambda: web.Response(status=422)]
        server.answers = refusal
        assert run("submit", folder, "--task", "summarize", "--window", "x").exit_code == 1
        result = run("submit", folder, "--task", "summarize")
        assert (result.exit_code, result.stdout) == (0, "batch_1\n")
        assert "0 of 20 files sent, 20 already present." in result.stderr
        assert "metadata" not in server.batch_api.asked[-1]

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 409, 429, 500])
    def test_an_error_that_leaves_the_batch_unknown_makes_no_second_one(
        self,
        server: Any,
        run: Run,
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
        status: int,
    ) -> None:
        monkeypatch.setattr("chancery.commands.connection.TRANSFER_TIMEOUT_SECONDS", 0.1)
        server.batch_api.loses_answers = 1
        server.answers = [*[None] * 22, *[lambda: web.Response(status=status)] * 2]
        assert run("submit", folder, "--task", "summarize", "--metadata", "run=1").exit_code == 1
        assert len(server.batch_api.batches) == 1, "it was made, and its answer lost"
        server.answers = [lambda: web.Response(status=status)] * 2
        assert run("submit", folder, "--task", "summarize", "--metadata", "run=2").exit_code == 1
        server.answers = []
        result = run("submit", folder, "--task", "summarize", "--metadata", "run=2")
        assert (result.exit_code, result.stdout) == (0, "batch_1\n")
        assert len(server.batch_api.batches) == 1

    def test_a_key_that_was_used_otherwise_does_not_make_a_second_batch(
        self, server: Any, run: Run, folder: Path
    ) -> None:
        server.answers = [*[None] * 21, lambda: refusal(422, "idempotency-mismatch")]
        assert run("submit", folder, "--task", "summarize", "--metadata", "run=1").exit_code == 1
        run("submit", folder, "--task", "summarize", "--metadata", "run=2")
        (asked,) = server.batch_api.asked
        assert asked["metadata"] == {"run": "1"}

    def test_a_batch_refused_with_404_can_be_requested_again(
        self, server: Any, run: Run, folder: Path
    ) -> None:
        server.answers = [*[None] * 21, lambda: refusal(404, "not-found")]
        assert run("submit", folder, "--task", "summarize", "--metadata", "run=1").exit_code == 1
        run("submit", folder, "--task", "summarize", "--metadata", "run=2")
        (asked,) = server.batch_api.asked
        assert asked["metadata"] == {"run": "2"}

    def test_after_a_day_it_does_not_guess_whether_there_is_a_batch(
        self, server: Any, run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("chancery.commands.connection.TRANSFER_TIMEOUT_SECONDS", 0.3)
        server.batch_api.loses_answers = 1_000
        run("submit", folder, "--task", "summarize")
        server.batch_api.loses_answers = 0
        state = folder / STATE
        lines = state.read_text().splitlines()
        request = json.loads(lines[-1])
        request["request"]["asked_at"] = "2026-01-01T00:00:00Z"
        state.write_text("\n".join([*lines[:-1], json.dumps(request), ""]))
        result = run("submit", folder, "--task", "summarize")
        assert result.exit_code == 1
        assert "chancery batch list" in result.stderr
        assert len(server.batch_api.batches) == 1

    def test_changed_or_expired_files_are_sent_again(
        self, server: Any, run: Run, folder: Path
    ) -> None:
        server.answers = [*[None] * 21, lambda: web.Response(status=422)]
        run("submit", folder, "--task", "summarize")
        (folder / "00.txt").write_text("changed")
        os.utime(folder / "02.txt")
        result = run("submit", folder, "--task", "summarize")
        assert "1 of 20 files sent, 19 already present." in result.stderr
        assert sum(uploads(server).values()) == 21

    def test_a_file_with_the_same_size_and_time_is_not_read(
        self, server: Any, run: Run, folder: Path
    ) -> None:
        server.answers = [*[None] * 21, lambda: web.Response(status=422)]
        run("submit", folder, "--task", "summarize")
        before = (folder / "00.txt").stat()
        (folder / "00.txt").write_text("Document X")
        os.utime(folder / "00.txt", ns=(before.st_atime_ns, before.st_mtime_ns))
        result = run("submit", folder, "--task", "summarize")
        assert "0 of 20 files sent, 20 already present." in result.stderr

    def test_a_document_that_is_about_to_go_is_sent_again(
        self, server: Any, run: Run, folder: Path
    ) -> None:
        server.documents_expire_at = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()
        server.answers = [*[None] * 21, lambda: web.Response(status=422)]
        run("submit", folder, "--task", "summarize")
        server.documents_expire_at = "2031-01-01T00:00:00Z"
        assert "20 of 20 files sent." in run("submit", folder, "--task", "summarize").stderr

    @pytest.mark.parametrize("torn", [b'{"sent":{"pa', b'{"beg', b""])
    def test_a_torn_last_line_does_not_count(
        self, server: Any, run: Run, folder: Path, torn: bytes
    ) -> None:
        state = folder / STATE
        server.answers = [*[None] * 21, lambda: web.Response(status=422)]
        run("submit", folder, "--task", "summarize")
        if torn.startswith(b'{"sent'):
            state.write_bytes(state.read_bytes() + torn)
            expected = "0 of 20 files sent, 20 already present."
        else:
            state.write_bytes(torn)
            expected = "20 of 20 files sent."
        assert expected in run("submit", folder, "--task", "summarize").stderr
        assert all(json.loads(line) for line in state.read_text().splitlines())

    def test_an_error_that_all_files_would_meet_aborts(
        self, server: Any, run: Run, folder: Path
    ) -> None:
        server.answers = [None, *[lambda: web.Response(status=401)] * 20]
        result = run("submit", folder, "--task", "summarize")
        assert result.exit_code == 1
        assert result.stderr.startswith("Aborted: 0 of 20 files sent.\nError: Unauthorized")
        assert len(server.requests) <= 1 + CONCURRENT_UPLOADS
        server.answers = []
        assert run("submit", folder, "--task", "summarize").stdout == "batch_1\n"

    def test_two_at_once_do_not_share_a_state(self, server: Any, run: Run, folder: Path) -> None:
        server.answers_documents = 0
        with started(server, "submit", folder, "--task", "summarize") as process:
            try:
                until(lambda: len(server.documents) == CONCURRENT_UPLOADS)
                result = run("submit", folder, "--task", "summarize")
            finally:
                process.kill()
        assert result.exit_code == 1
        assert "Another command is using" in result.stderr
        server.answers_documents = None


class TestWatching:
    def test_changes_of_status_and_the_failures_are_printed(self, server: Any, run: Run) -> None:
        name = server.batch_api.add(progress={"read": 0, "of": 40_000_000})
        late = "It is expected after the deadline."
        counts = {"total": 10_000, "completed": 20, "failed": 1}
        server.batch_api.steps = [
            {},
            {"status": "in_progress", "request_counts": counts, "warnings": [late]},
            {"request_counts": counts | {"completed": 9_000}},
            {
                "status": "completed",
                "error_file_id": "file_err",
                "request_counts": counts | {"completed": 9_997, "failed": 3},
            },
        ]
        result = run("watch", name)
        assert result.exit_code == 0, result.output
        assert result.stdout == ""
        assert result.stderr.splitlines() == [
            "batch_1 validating: 0.0 of 40.0 MB read",
            f"Warning: {late}",
            "batch_1 in_progress: 21 of 10,000 lines, 1 failed",
            "batch_1 completed: 9,997 of 10,000 lines succeeded, 3 failed; "
            "`chancery batch results batch_1 --errors FILE` saves the errors.",
        ]

    @pytest.mark.parametrize("status", ["failed", "expired", "cancelled"])
    def test_another_end_than_completed_is_status_1(
        self, server: Any, run: Run, status: str
    ) -> None:
        errors = {"object": "list", "data": [{"code": "x", "message": "Too many.", "line": 7}]}
        name = server.batch_api.add(status=status, errors=errors)
        result = run("watch", name, "--json")
        assert result.exit_code == 1
        assert json.loads(result.stdout)["status"] == status
        assert "line 7: Too many." in result.stderr

    def test_an_interrupt_says_that_it_goes_on(self, server: Any) -> None:
        name = server.batch_api.add(status="in_progress")
        with started(server, "watch", name) as process:
            try:
                until(lambda: len(server.requests) >= 2)
                process.send_signal(signal.SIGINT)
                _, err = process.communicate(timeout=30)
            finally:
                process.kill()
        assert process.returncode == 130
        assert "Interrupted: batch_1 continues" in err

    def test_an_unknown_batch_is_one_line(self, run: Run) -> None:
        result = run("watch", "batch_9")
        assert result.exit_code == 1
        assert result.stderr == "Error: There is no such thing here (404)\n"

    def test_the_expected_end_is_in_local_time(self) -> None:
        soon = datetime.now(UTC) + timedelta(hours=2, minutes=10, seconds=10)
        batch = Batch(id="batch_1", status="in_progress", expected_at=soon)
        assert expected_end(batch).endswith(f"{soon.astimezone():%H:%M}, in 2 h 10 min")
        later = Batch(id="b", status="in_progress", expected_at=soon + timedelta(days=3))
        assert f"{later.expected_at:%Y}-" in expected_end(later)
        assert "in 3 d 2 h" in expected_end(later)
        assert expected_end(Batch(id="b", status="completed", expected_at=soon)) == ""

    def test_a_stalled_batch_says_why_instead_of_a_time(self) -> None:
        stalled = {"reason": "engine-away", "detail": "engine away since 2026-11-30 02:10 UTC"}
        batch = Batch.model_validate({"id": "b", "status": "in_progress", "stalled": stalled})
        assert expected_end(batch) == "stalled: engine away since 2026-11-30 02:10 UTC"
        assert "stalled: engine away since 2026-11-30 02:10 UTC" in _row(batch)


class TestCollecting:
    @pytest.fixture
    def name(self, server: Any) -> str:
        server.batch_api.files = {
            "file_out": json_lines(job_line("a/甲.txt"), job_line("b\u2028")),
            "file_err": json_lines(error_line("c")),
        }
        counts = {"total": 3, "completed": 2, "failed": 1}
        name: str = server.batch_api.add(
            status="completed",
            output_file_id="file_out",
            error_file_id="file_err",
            request_counts=counts,
        )
        return name

    def test_the_output_file_comes_to_stdout_as_it_is(
        self, server: Any, run: Run, name: str
    ) -> None:
        result = run("results", name)
        assert result.exit_code == 0, result.output
        assert result.stdout_bytes == server.batch_api.files["file_out"]
        assert result.stderr == (
            "batch_1 completed: 2 of 3 lines succeeded, 1 failed; "
            "`chancery batch results batch_1 --errors FILE` saves the errors.\n"
        )

    def test_both_files_are_saved(self, server: Any, run: Run, name: str, tmp_path: Path) -> None:
        out, errors = tmp_path / "out.jsonl", tmp_path / "errors.jsonl"
        assert run("results", name, "--out", out, "--errors", errors).exit_code == 0
        assert out.read_bytes() == server.batch_api.files["file_out"]
        assert errors.read_bytes() == server.batch_api.files["file_err"]

    def test_a_folder_gets_a_file_a_line(self, run: Run, name: str, tmp_path: Path) -> None:
        result = run("results", name, "--out", f"{tmp_path / 'new'}/")
        assert result.exit_code == 0, result.output
        assert json.loads((tmp_path / "new/a/甲.txt.json").read_text()) == {"summary": "a/甲.txt"}
        found = [path for path in (tmp_path / "new").rglob("*") if path.is_file()]
        assert len(found) == 2

    def test_files_that_tasks_made_are_saved_beside_the_results(
        self, server: Any, run: Run, name: str, tmp_path: Path
    ) -> None:
        made = {"media_type": "text/plain", "bytes": 1, "sha256": "0", "filename": "fixed.docx"}
        server.contents = {f"doc_{n}": ("fixed.docx", n.encode()) for n in "123"}
        server.batch_api.files["file_out"] = json_lines(
            *(
                job_line(custom_id, {"file": {"document_id": f"doc_{n}", **made}})
                for n, custom_id in (("1", "a/1"), ("2", "a/2"), ("3", "b"))
            )
        )
        result = run("results", name, "--out", tmp_path)
        assert result.exit_code == 0, result.output
        assert (tmp_path / "a/fixed.docx").read_bytes() == b"1"
        assert (tmp_path / "a/fixed.2.docx").read_bytes() == b"2"
        assert (tmp_path / "fixed.docx").read_bytes() == b"3"
        server.contents = {}
        failed = run("results", name, "--out", tmp_path)
        assert failed.exit_code == 1
        assert "a/1" in failed.stderr

    def test_results_too_large_for_a_line_are_fetched(
        self, server: Any, run: Run, name: str, tmp_path: Path
    ) -> None:
        line = job_line("a", result_url="http://x/r")
        line["response"]["body"]["result"] = None
        chat = {"custom_id": "b", "response": {"status_code": 200, "body": {"choices": []}}}
        server.batch_api.files["file_out"] = json_lines(line, chat)
        assert run("results", name, "--out", tmp_path).exit_code == 0
        assert json.loads((tmp_path / "a.json").read_text()) == {"summary": "long"}
        assert json.loads((tmp_path / "b.json").read_text()) == {"choices": []}

    def test_a_result_that_cannot_be_written_is_named_and_the_others_are_written(
        self, server: Any, run: Run, name: str, tmp_path: Path
    ) -> None:
        line = job_line("a", result_url="http://x/r")
        line["response"]["body"]["result"] = None
        server.batch_api.files["file_out"] = json_lines(line, job_line("b"))
        server.answers = [None, None, lambda: web.Response(status=404)]
        result = run("results", name, "--out", tmp_path)
        assert result.exit_code == 1
        assert "WHY IT WAS NOT WRITTEN" in result.stderr
        assert [path.name for path in tmp_path.iterdir()] == ["b.json"]

    def test_a_batch_that_goes_on_has_no_results_yet(self, server: Any, run: Run) -> None:
        result = run("results", server.batch_api.add(status="in_progress"))
        assert (result.exit_code, result.stdout) == (1, "")
        assert "is still in_progress" in result.stderr

    def test_an_ended_batch_without_results_gives_empty_files(
        self, server: Any, run: Run, tmp_path: Path
    ) -> None:
        name = server.batch_api.add(status="cancelled")
        out = tmp_path / "out.jsonl"
        assert run("results", name, "--out", out).exit_code == 0
        assert out.read_bytes() == b""
        assert run("results", name).stdout == ""

    def test_a_kill_in_the_middle_leaves_no_half_file(
        self, server: Any, name: str, tmp_path: Path
    ) -> None:
        server.batch_api.files["file_out"] = b"x" * 100_000
        server.batch_api.stalls_after = 50_000
        out = tmp_path / "out.jsonl"
        with started(server, "results", name, "--out", out) as process:
            try:
                until(lambda: any(path.stat().st_size for path in tmp_path.iterdir()))
            finally:
                process.kill()
        assert not out.exists()
        server.batch_api.stalls_after = None

    @pytest.mark.parametrize(
        "custom_id",
        ["../out", "/etc/passwd", "a/../../b", "", ".", "a//b", "x\0y", "n" * 300, "c:/x", "a\nb"],
    )
    def test_no_line_leads_out_of_the_folder(self, tmp_path: Path, custom_id: str) -> None:
        place = result_path(tmp_path, custom_id)
        assert place.parent == tmp_path
        assert len(place.name.encode()) <= 255
        place.write_text("x")
        assert result_path(tmp_path, custom_id) == place

    def test_a_file_or_a_link_in_the_way_of_a_folder_is_gone_around(self, tmp_path: Path) -> None:
        (tmp_path / "a").write_text("x")
        (tmp_path / "out").symlink_to("/")
        (tmp_path / "d.json").mkdir()
        for custom_id in ("a/b", "out/tmp/x", "d"):
            assert result_path(tmp_path, custom_id).parent == tmp_path
        assert len({result_path(tmp_path, each) for each in ("a/b", "out/tmp/x", "d")}) == 3


class TestListing:
    def test_batches_are_listed_in_a_table_and_as_json(self, server: Any, run: Run) -> None:
        for _ in range(5):
            server.batch_api.add(request_counts={"total": 7, "completed": 2, "failed": 1})
        table = run("list").stdout.splitlines()
        assert table[0].split()[:2] == ["BATCH", "STATUS"]
        assert [line.split()[0] for line in table[1:]] == [f"batch_{n}" for n in range(5, 0, -1)]
        listed = run("list", "--json", "--limit", "3").stdout.splitlines()
        assert [json.loads(line)["id"] for line in listed] == ["batch_5", "batch_4", "batch_3"]

    def test_batches_are_cancelled_and_those_that_are_not_there_named(
        self, server: Any, run: Run
    ) -> None:
        server.batch_api.add()
        result = run("cancel", "batch_9", "batch_1")
        assert result.exit_code == 1
        assert result.stdout == "batch_1 cancelling\n"
        assert result.stderr.startswith("batch_9: There is no such thing here")
