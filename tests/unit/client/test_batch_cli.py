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

from client.cli import main
from client.commands.batch.display import expected_in
from client.commands.batch.places import place_for
from client.models import Batch
from client.submission import SENT_AT_A_TIME
from tests.unit.client.bureau import error_line, job_line, written

KEY = "key-of-tax"
STATE = ".chancery-batch.jsonl"
Run = Callable[..., Result]
# Where the tests run in a shell's background, SIGINT is ignored, and stays so in what they start.
COMMAND = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from client.cli import main
main()
"""


@pytest.fixture
def run(office: Any) -> Run:
    def command(*words: str | Path, **environment: str) -> Result:
        known = {"CHANCERY_API_URL": office.url, "CHANCERY_API_KEY": KEY} | environment
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
    told = {"type": f"/problems/{code}", "title": "No"}
    return web.json_response(told, status=status, content_type="application/problem+json")


def uploads(office: Any) -> Counter[str]:
    """How often the bytes of each file came."""
    sent = [seen.fields["file"]["sha256"] for seen in office.seen if "file" in seen.fields]
    return Counter(sent)


def started(office: Any, *words: str | Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND, "batch", *map(str, words)],
        env=os.environ | {"CHANCERY_API_URL": office.url, "CHANCERY_API_KEY": KEY},
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
    def test_its_lines_are_sent_and_a_batch_is_asked_for(
        self, office: Any, run: Run, tmp_path: Path
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
        assert office.bureau.files["file_1"] == path.read_bytes()
        (asked,) = office.bureau.asked
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
        self, office: Any, run: Run, tmp_path: Path
    ) -> None:
        path = tmp_path / "lines.jsonl"
        path.write_text("{}\n")
        result = run("submit", path, "--deadline", "12h", "--json")
        assert json.loads(result.stdout)["created_at"] == 1_900_000_000
        deadline = datetime.fromisoformat(office.bureau.asked[0]["metadata"]["deadline"])
        assert abs(deadline - datetime.now(UTC) - timedelta(hours=12)) < timedelta(minutes=1)

    def test_it_is_watched_to_its_end(self, office: Any, run: Run, tmp_path: Path) -> None:
        path = tmp_path / "lines.jsonl"
        path.write_text("{}\n")
        counts = {"total": 1, "completed": 1, "failed": 0}
        office.bureau.steps = [{"status": "completed", "request_counts": counts}]
        result = run("submit", path, "--watch")
        assert result.exit_code == 0
        assert result.stdout == "batch_1\n"
        assert "batch_1 completed: 1 of 1 lines done.\n" in result.stderr

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
        self, office: Any, run: Run, folder: Path, words: list[str]
    ) -> None:
        places = {"FILE": folder / "00.txt", "DIR": folder}
        result = run("submit", *(places.get(word, word) for word in words))
        assert result.exit_code == 2, result.output
        assert office.seen == []


class TestSubmittingAFolder:
    def test_every_file_is_a_line_that_has_its_path_as_custom_id(
        self, office: Any, run: Run, folder: Path
    ) -> None:
        result = run("submit", folder, "--task", "summarize", "--option", "max_words=9")
        assert result.exit_code == 0, result.output
        assert result.stdout == "batch_1\n"
        assert "20 of 20 files sent." in result.stderr
        (asked,) = office.bureau.asked
        assert [each["custom_id"] for each in asked["documents"]] == names_in(folder)
        assert asked["task"] == "summarize"
        assert asked["options"] == {"max_words": 9}
        ids = {document["sha256"]: document["id"] for document in office.documents.values()}
        assert {each["document_id"] for each in asked["documents"]} == set(ids.values())
        assert office.most_at_once <= SENT_AT_A_TIME

    def test_a_pattern_says_which_files(self, office: Any, run: Run, folder: Path) -> None:
        assert run("submit", folder, "--task", "summarize", "--glob", "2026/*1.txt").exit_code == 0
        (asked,) = office.bureau.asked
        assert [each["custom_id"] for each in asked["documents"]] == ["2026/01.txt", "2026/11.txt"]

    def test_equal_bytes_are_sent_once(self, office: Any, run: Run, tmp_path: Path) -> None:
        for number in range(SENT_AT_A_TIME * 2):
            (tmp_path / f"{number:02}.txt").write_text(f"{number % SENT_AT_A_TIME}")
        assert run("submit", tmp_path, "--task", "summarize").exit_code == 0
        assert len(office.bureau.asked[0]["documents"]) == SENT_AT_A_TIME * 2
        assert set(uploads(office).values()) == {1}

    def test_a_finished_one_says_so_and_sends_nothing(
        self, office: Any, run: Run, folder: Path
    ) -> None:
        run("submit", folder, "--task", "summarize")
        before = len(office.seen)
        (folder / "later.txt").write_text("later")
        result = run("submit", folder, "--task", "summarize")
        assert (result.exit_code, result.stdout) == (0, "batch_1\n")
        assert "submitted before, as batch_1; --new submits it afresh, with 1 files" in (
            result.stderr
        )
        assert [seen.path for seen in office.seen[before:]] == ["/v1/batches/batch_1"]

    def test_new_starts_afresh(self, office: Any, run: Run, folder: Path) -> None:
        run("submit", folder, "--task", "summarize")
        result = run("submit", folder, "--task", "extract", "--new")
        assert result.exit_code == 1, "the double knows no such task"
        result = run("submit", folder, "--task", "summarize", "--new", "--option", "max_words=1")
        assert (result.exit_code, result.stdout) == (0, "batch_2\n")
        assert set(uploads(office).values()) == {2}

    def test_another_work_needs_a_state_of_its_own(
        self, office: Any, run: Run, folder: Path, tmp_path: Path
    ) -> None:
        run("submit", folder, "--task", "summarize")
        result = run("submit", folder, "--task", "sing")
        assert result.exit_code == 1
        assert "task 'summarize'" in result.stderr
        own = tmp_path / "own.jsonl"
        assert run("submit", folder, "--task", "sing", "--state", own).stdout == "batch_2\n"

    def test_a_state_that_is_kept_in_the_folder_is_no_line(
        self, office: Any, run: Run, folder: Path
    ) -> None:
        for _ in range(2):
            office.answers = [*[None] * 21, lambda: web.Response(status=422)]
            run("submit", folder, "--task", "summarize", "--state", folder / "state.jsonl")
        office.answers = []
        run("submit", folder, "--task", "summarize", "--state", folder / "state.jsonl")
        assert all(len(asked["documents"]) == 20 for asked in office.bureau.asked)

    def test_the_state_of_nobody_is_neither_used_nor_emptied(
        self, run: Run, folder: Path, tmp_path: Path
    ) -> None:
        precious = tmp_path / "precious.txt"
        for content in ("One line without end", '{"a": 1}\n{"b": 2}\n', "<html>\n"):
            precious.write_text(content)
            for more in ([], ["--new"]):
                result = run("submit", folder, "--task", "summarize", "--state", precious, *more)
                assert result.exit_code == 1
                assert "is no state" in result.stderr
            assert precious.read_text() == content

    def test_a_state_that_cannot_be_kept_is_told_before_anything_is_sent(
        self, office: Any, run: Run, folder: Path, tmp_path: Path
    ) -> None:
        nowhere = tmp_path / "no" / "state.jsonl"
        result = run("submit", folder, "--task", "summarize", "--state", nowhere)
        assert result.exit_code == 1
        assert "--state" in result.stderr
        assert office.seen == []

    def test_a_refused_file_is_named_and_the_batch_is_made_without_it(
        self, office: Any, run: Run, folder: Path
    ) -> None:
        office.answers = [None, lambda: web.Response(status=413)]
        result = run("submit", folder, "--task", "summarize")
        assert result.exit_code == 1
        assert result.stdout == "batch_1\n"
        assert "19 of 20 files sent, 1 not sent." in result.stderr
        assert "Request Entity Too Large" in result.stderr
        assert len(office.bureau.asked[0]["documents"]) == 19

    def test_without_any_file_sent_there_is_no_batch(
        self, office: Any, run: Run, folder: Path
    ) -> None:
        office.answers = [None, *[lambda: web.Response(status=413)] * 20]
        result = run("submit", folder, "--task", "summarize")
        assert (result.exit_code, result.stdout) == (1, "")
        assert office.bureau.asked == []

    def test_a_name_that_is_not_text_is_left_out_and_told(
        self, office: Any, run: Run, folder: Path
    ) -> None:
        Path(os.fsdecode(os.fsencode(folder) + b"/\xff.txt")).write_text("x")
        result = run("submit", folder, "--task", "summarize")
        assert result.exit_code == 1
        assert "20 of 21 files sent, 1 not sent." in result.stderr
        assert len(office.bureau.asked[0]["documents"]) == 20


class TestGoingOnAfterABreak:
    def test_after_a_kill_in_the_middle_nothing_is_sent_twice(
        self, office: Any, run: Run, folder: Path
    ) -> None:
        office.answers_documents = 8
        process = started(office, "submit", folder, "--task", "summarize")
        with process:
            try:
                # Eight were answered, as many as may be are under way, and will not be answered.
                until(lambda: len(office.documents) == 8 + SENT_AT_A_TIME)
                until(lambda: (folder / STATE).read_bytes().count(b"\n") == 1 + 8)
            finally:
                process.kill()
        answered = {
            json.loads(line)["sent"]["sha256"]
            for line in (folder / STATE).read_text().splitlines()[1:]
        }
        office.answers_documents = None
        result = run("submit", folder, "--task", "summarize")
        assert result.exit_code == 0, result.output
        assert "12 of 20 files sent, 8 were there before." in result.stderr
        sent = uploads(office)
        assert {sha256 for sha256, times in sent.items() if times > 1}.isdisjoint(answered)
        # Those whose answers the kill cut off came again, with their keys: no second document.
        assert sum(sent.values()) == 20 + SENT_AT_A_TIME
        assert len(office.documents) == 20
        (asked,) = office.bureau.asked
        assert [each["custom_id"] for each in asked["documents"]] == names_in(folder)

    def test_an_interrupt_says_how_to_go_on(self, office: Any, run: Run, folder: Path) -> None:
        office.answers_documents = 3
        with started(office, "submit", folder, "--task", "summarize") as process:
            try:
                until((folder / STATE).exists)
                until(lambda: (folder / STATE).read_bytes().count(b"\n") == 1 + 3)
                process.send_signal(signal.SIGINT)
                out, told = process.communicate(timeout=30)
            finally:
                process.kill()
        assert process.returncode == 130
        assert out == ""
        assert told == ("Interrupted: 3 of 20 files sent.\nThe same command goes on from here.\n")
        office.answers_documents = None
        assert run("submit", folder, "--task", "summarize").stdout == "batch_1\n"

    def test_a_batch_whose_answer_was_lost_is_not_made_again(
        self, office: Any, run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("client.commands.connection.SENDING_SECONDS", 0.3)
        office.bureau.loses_answers = 1_000
        result = run("submit", folder, "--task", "summarize", "--metadata", "run=1")
        assert result.exit_code == 1
        assert "No answer" in result.stderr
        office.bureau.loses_answers = 0
        (folder / "later.txt").write_text("later")
        result = run("submit", folder, "--task", "summarize", "--metadata", "run=2")
        assert (result.exit_code, result.stdout) == (0, "batch_1\n")
        assert "Going on with the batch of 20 files" in result.stderr
        assert len(office.bureau.batches) == 1
        assert len({json.dumps(asked) for asked in office.bureau.asked}) == 1

    def test_a_batch_that_was_refused_can_be_asked_for_otherwise(
        self, office: Any, run: Run, folder: Path
    ) -> None:
        refusal = [*[None] * 21, lambda: web.Response(status=422)]
        office.answers = refusal
        assert run("submit", folder, "--task", "summarize", "--window", "x").exit_code == 1
        result = run("submit", folder, "--task", "summarize")
        assert (result.exit_code, result.stdout) == (0, "batch_1\n")
        assert "0 of 20 files sent, 20 were there before." in result.stderr
        assert "metadata" not in office.bureau.asked[-1]

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 409, 429, 500])
    def test_what_says_nothing_of_the_batch_does_not_make_a_second_one(
        self,
        office: Any,
        run: Run,
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
        status: int,
    ) -> None:
        monkeypatch.setattr("client.commands.connection.SENDING_SECONDS", 0.1)
        office.bureau.loses_answers = 1
        office.answers = [*[None] * 22, *[lambda: web.Response(status=status)] * 2]
        assert run("submit", folder, "--task", "summarize", "--metadata", "run=1").exit_code == 1
        assert len(office.bureau.batches) == 1, "it was made, and its answer lost"
        office.answers = [lambda: web.Response(status=status)] * 2
        assert run("submit", folder, "--task", "summarize", "--metadata", "run=2").exit_code == 1
        office.answers = []
        result = run("submit", folder, "--task", "summarize", "--metadata", "run=2")
        assert (result.exit_code, result.stdout) == (0, "batch_1\n")
        assert len(office.bureau.batches) == 1

    def test_a_key_that_was_used_otherwise_does_not_make_a_second_batch(
        self, office: Any, run: Run, folder: Path
    ) -> None:
        office.answers = [*[None] * 21, lambda: refusal(422, "idempotency-mismatch")]
        assert run("submit", folder, "--task", "summarize", "--metadata", "run=1").exit_code == 1
        run("submit", folder, "--task", "summarize", "--metadata", "run=2")
        (asked,) = office.bureau.asked
        assert asked["metadata"] == {"run": "1"}

    def test_a_batch_of_what_is_not_there_can_be_asked_for_otherwise(
        self, office: Any, run: Run, folder: Path
    ) -> None:
        office.answers = [*[None] * 21, lambda: refusal(404, "not-found")]
        assert run("submit", folder, "--task", "summarize", "--metadata", "run=1").exit_code == 1
        run("submit", folder, "--task", "summarize", "--metadata", "run=2")
        (asked,) = office.bureau.asked
        assert asked["metadata"] == {"run": "2"}

    def test_after_a_day_it_does_not_guess_whether_there_is_a_batch(
        self, office: Any, run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("client.commands.connection.SENDING_SECONDS", 0.3)
        office.bureau.loses_answers = 1_000
        run("submit", folder, "--task", "summarize")
        office.bureau.loses_answers = 0
        state = folder / STATE
        lines = state.read_text().splitlines()
        request = json.loads(lines[-1])
        request["request"]["asked_at"] = "2026-01-01T00:00:00Z"
        state.write_text("\n".join([*lines[:-1], json.dumps(request), ""]))
        result = run("submit", folder, "--task", "summarize")
        assert result.exit_code == 1
        assert "chancery batch list" in result.stderr
        assert len(office.bureau.batches) == 1

    def test_what_changed_or_expired_is_sent_again(
        self, office: Any, run: Run, folder: Path
    ) -> None:
        office.answers = [*[None] * 21, lambda: web.Response(status=422)]
        run("submit", folder, "--task", "summarize")
        (folder / "00.txt").write_text("changed")
        os.utime(folder / "02.txt")
        result = run("submit", folder, "--task", "summarize")
        assert "1 of 20 files sent, 19 were there before." in result.stderr
        assert sum(uploads(office).values()) == 21

    def test_what_has_its_size_and_time_is_not_even_read(
        self, office: Any, run: Run, folder: Path
    ) -> None:
        office.answers = [*[None] * 21, lambda: web.Response(status=422)]
        run("submit", folder, "--task", "summarize")
        before = (folder / "00.txt").stat()
        (folder / "00.txt").write_text("Document X")
        os.utime(folder / "00.txt", ns=(before.st_atime_ns, before.st_mtime_ns))
        result = run("submit", folder, "--task", "summarize")
        assert "0 of 20 files sent, 20 were there before." in result.stderr

    def test_a_document_that_is_about_to_go_is_sent_again(
        self, office: Any, run: Run, folder: Path
    ) -> None:
        office.documents_expire_at = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()
        office.answers = [*[None] * 21, lambda: web.Response(status=422)]
        run("submit", folder, "--task", "summarize")
        office.documents_expire_at = "2031-01-01T00:00:00Z"
        assert "20 of 20 files sent." in run("submit", folder, "--task", "summarize").stderr

    @pytest.mark.parametrize("torn", [b'{"sent":{"pa', b'{"beg', b""])
    def test_a_torn_last_line_does_not_count(
        self, office: Any, run: Run, folder: Path, torn: bytes
    ) -> None:
        state = folder / STATE
        office.answers = [*[None] * 21, lambda: web.Response(status=422)]
        run("submit", folder, "--task", "summarize")
        if torn.startswith(b'{"sent'):
            state.write_bytes(state.read_bytes() + torn)
            expected = "0 of 20 files sent, 20 were there before."
        else:
            state.write_bytes(torn)
            expected = "20 of 20 files sent."
        assert expected in run("submit", folder, "--task", "summarize").stderr
        assert all(json.loads(line) for line in state.read_text().splitlines())

    def test_trouble_that_would_meet_all_files_breaks_off(
        self, office: Any, run: Run, folder: Path
    ) -> None:
        office.answers = [None, *[lambda: web.Response(status=401)] * 20]
        result = run("submit", folder, "--task", "summarize")
        assert result.exit_code == 1
        assert result.stderr.startswith("Broken off: 0 of 20 files sent.\nError: Unauthorized")
        assert len(office.seen) <= 1 + SENT_AT_A_TIME
        office.answers = []
        assert run("submit", folder, "--task", "summarize").stdout == "batch_1\n"

    def test_two_at_once_do_not_share_a_state(self, office: Any, run: Run, folder: Path) -> None:
        office.answers_documents = 0
        with started(office, "submit", folder, "--task", "summarize") as process:
            try:
                until(lambda: len(office.documents) == SENT_AT_A_TIME)
                result = run("submit", folder, "--task", "summarize")
            finally:
                process.kill()
        assert result.exit_code == 1
        assert "Another command is at work" in result.stderr
        office.answers_documents = None


class TestWatching:
    def test_changes_are_told_and_the_end_with_what_failed(self, office: Any, run: Run) -> None:
        name = office.bureau.add(progress={"read": 0, "of": 40_000_000})
        late = "It is expected after the deadline."
        counts = {"total": 10_000, "completed": 20, "failed": 1}
        office.bureau.steps = [
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
            "batch_1 completed: 9,997 of 10,000 lines done, 3 failed; "
            "`chancery batch results batch_1 --errors FILE` saves why.",
        ]

    @pytest.mark.parametrize("status", ["failed", "expired", "cancelled"])
    def test_another_end_than_completed_is_status_1(
        self, office: Any, run: Run, status: str
    ) -> None:
        errors = {"object": "list", "data": [{"code": "x", "message": "Too many.", "line": 7}]}
        name = office.bureau.add(status=status, errors=errors)
        result = run("watch", name, "--json")
        assert result.exit_code == 1
        assert json.loads(result.stdout)["status"] == status
        assert "line 7: Too many." in result.stderr

    def test_an_interrupt_says_that_it_goes_on(self, office: Any) -> None:
        name = office.bureau.add(status="in_progress")
        with started(office, "watch", name) as process:
            try:
                until(lambda: len(office.seen) >= 2)
                process.send_signal(signal.SIGINT)
                _, told = process.communicate(timeout=30)
            finally:
                process.kill()
        assert process.returncode == 130
        assert "Interrupted: batch_1 goes on" in told

    def test_what_is_not_there_is_one_line(self, run: Run) -> None:
        result = run("watch", "batch_9")
        assert result.exit_code == 1
        assert result.stderr == "Error: There is no such thing here (404)\n"

    def test_the_expected_end_is_told_in_local_time(self) -> None:
        soon = datetime.now(UTC) + timedelta(hours=2, minutes=10, seconds=10)
        batch = Batch(id="batch_1", status="in_progress", expected_at=soon)
        assert expected_in(batch).endswith(f"{soon.astimezone():%H:%M}, in 2 h 10 min")
        later = Batch(id="b", status="in_progress", expected_at=soon + timedelta(days=3))
        assert f"{later.expected_at:%Y}-" in expected_in(later)
        assert "in 3 d 2 h" in expected_in(later)
        assert expected_in(Batch(id="b", status="completed", expected_at=soon)) == ""


class TestCollecting:
    @pytest.fixture
    def name(self, office: Any) -> str:
        office.bureau.files = {
            "file_out": written(job_line("a/甲.txt"), job_line("b\u2028")),
            "file_err": written(error_line("c")),
        }
        counts = {"total": 3, "completed": 2, "failed": 1}
        name: str = office.bureau.add(
            status="completed",
            output_file_id="file_out",
            error_file_id="file_err",
            request_counts=counts,
        )
        return name

    def test_the_output_file_comes_to_stdout_as_it_is(
        self, office: Any, run: Run, name: str
    ) -> None:
        result = run("results", name)
        assert result.exit_code == 0, result.output
        assert result.stdout_bytes == office.bureau.files["file_out"]
        assert result.stderr == (
            "batch_1 completed: 2 of 3 lines done, 1 failed; "
            "`chancery batch results batch_1 --errors FILE` saves why.\n"
        )

    def test_both_files_are_saved(self, office: Any, run: Run, name: str, tmp_path: Path) -> None:
        out, errors = tmp_path / "out.jsonl", tmp_path / "errors.jsonl"
        assert run("results", name, "--out", out, "--errors", errors).exit_code == 0
        assert out.read_bytes() == office.bureau.files["file_out"]
        assert errors.read_bytes() == office.bureau.files["file_err"]

    def test_a_folder_gets_a_file_a_line(self, run: Run, name: str, tmp_path: Path) -> None:
        result = run("results", name, "--out", f"{tmp_path / 'new'}/")
        assert result.exit_code == 0, result.output
        assert json.loads((tmp_path / "new/a/甲.txt.json").read_text()) == {"summary": "a/甲.txt"}
        found = [path for path in (tmp_path / "new").rglob("*") if path.is_file()]
        assert len(found) == 2

    def test_results_too_large_for_a_line_are_fetched(
        self, office: Any, run: Run, name: str, tmp_path: Path
    ) -> None:
        line = job_line("a", result_url="http://x/r")
        line["response"]["body"]["result"] = None
        chat = {"custom_id": "b", "response": {"status_code": 200, "body": {"choices": []}}}
        office.bureau.files["file_out"] = written(line, chat)
        assert run("results", name, "--out", tmp_path).exit_code == 0
        assert json.loads((tmp_path / "a.json").read_text()) == {"summary": "long"}
        assert json.loads((tmp_path / "b.json").read_text()) == {"choices": []}

    def test_a_result_that_cannot_be_written_is_named_and_the_others_are_written(
        self, office: Any, run: Run, name: str, tmp_path: Path
    ) -> None:
        line = job_line("a", result_url="http://x/r")
        line["response"]["body"]["result"] = None
        office.bureau.files["file_out"] = written(line, job_line("b"))
        office.answers = [None, None, lambda: web.Response(status=404)]
        result = run("results", name, "--out", tmp_path)
        assert result.exit_code == 1
        assert "WHY IT WAS NOT WRITTEN" in result.stderr
        assert [path.name for path in tmp_path.iterdir()] == ["b.json"]

    def test_a_batch_that_goes_on_has_no_results_yet(self, office: Any, run: Run) -> None:
        result = run("results", office.bureau.add(status="in_progress"))
        assert (result.exit_code, result.stdout) == (1, "")
        assert "is still in_progress" in result.stderr

    def test_an_ended_batch_without_results_gives_empty_files(
        self, office: Any, run: Run, tmp_path: Path
    ) -> None:
        name = office.bureau.add(status="cancelled")
        out = tmp_path / "out.jsonl"
        assert run("results", name, "--out", out).exit_code == 0
        assert out.read_bytes() == b""
        assert run("results", name).stdout == ""

    def test_a_kill_in_the_middle_leaves_no_half_file(
        self, office: Any, name: str, tmp_path: Path
    ) -> None:
        office.bureau.files["file_out"] = b"x" * 100_000
        office.bureau.stalls_after = 50_000
        out = tmp_path / "out.jsonl"
        with started(office, "results", name, "--out", out) as process:
            try:
                until(lambda: any(path.stat().st_size for path in tmp_path.iterdir()))
            finally:
                process.kill()
        assert not out.exists()
        office.bureau.stalls_after = None

    @pytest.mark.parametrize(
        "custom_id",
        ["../out", "/etc/passwd", "a/../../b", "", ".", "a//b", "x\0y", "n" * 300, "c:/x", "a\nb"],
    )
    def test_no_line_leads_out_of_the_folder(self, tmp_path: Path, custom_id: str) -> None:
        place = place_for(tmp_path, custom_id)
        assert place.parent == tmp_path
        assert len(place.name.encode()) <= 255
        place.write_text("x")
        assert place_for(tmp_path, custom_id) == place

    def test_a_file_or_a_link_in_the_way_of_a_folder_is_gone_around(self, tmp_path: Path) -> None:
        (tmp_path / "a").write_text("x")
        (tmp_path / "out").symlink_to("/")
        (tmp_path / "d.json").mkdir()
        for custom_id in ("a/b", "out/tmp/x", "d"):
            assert place_for(tmp_path, custom_id).parent == tmp_path
        assert len({place_for(tmp_path, each) for each in ("a/b", "out/tmp/x", "d")}) == 3


class TestListing:
    def test_batches_are_listed_in_a_table_and_as_json(self, office: Any, run: Run) -> None:
        for _ in range(5):
            office.bureau.add(request_counts={"total": 7, "completed": 2, "failed": 1})
        table = run("list").stdout.splitlines()
        assert table[0].split()[:2] == ["BATCH", "STATUS"]
        assert [line.split()[0] for line in table[1:]] == [f"batch_{n}" for n in range(5, 0, -1)]
        listed = run("list", "--json", "--limit", "3").stdout.splitlines()
        assert [json.loads(line)["id"] for line in listed] == ["batch_5", "batch_4", "batch_3"]

    def test_batches_are_cancelled_and_those_that_are_not_there_named(
        self, office: Any, run: Run
    ) -> None:
        office.bureau.add()
        result = run("cancel", "batch_9", "batch_1")
        assert result.exit_code == 1
        assert result.stdout == "batch_1 cancelling\n"
        assert result.stderr.startswith("batch_9: There is no such thing here")
