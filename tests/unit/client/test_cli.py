from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import click
import pytest
from aiohttp import web
from click.testing import CliRunner, Result

from chancery import server_commands
from chancery.cli import main
from chancery.commands.submission import CONCURRENT_UPLOADS

KEY = "key-of-tax"
Run = Callable[..., Result]


@pytest.fixture
def run(server: Any) -> Run:
    def command(*words: str | Path, **environment: str) -> Result:
        known = {"CHANCERY_API_URL": server.url, "CHANCERY_API_KEY": KEY} | environment
        return CliRunner().invoke(main, [str(word) for word in words], env=known)

    return command


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    made = [tmp_path / f"{number:02}.txt" for number in range(20)]
    for path in made:
        path.write_text(f"Document {path.name}", encoding="utf-8")
    return made


def lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


# Where the tests run in a shell's background, SIGINT is ignored, and stays so in what they start.
INTERRUPTIBLE = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from chancery.cli import main
main()
"""


class TestSubmit:
    def test_every_file_becomes_a_job_and_a_line(
        self, server: Any, run: Run, files: list[Path]
    ) -> None:
        result = run("submit", "summarize", *files)
        assert result.exit_code == 0, result.output
        assert sorted(line["file"] for line in lines(result)) == [str(path) for path in files]
        assert {line["status"] for line in lines(result)} == {"queued"}
        assert len({line["job_id"] for line in lines(result)}) == 20
        assert server.most_at_once <= CONCURRENT_UPLOADS
        assert "20 of 20 files sent" in result.stderr

    def test_values_are_json_where_they_can_be_read_so(
        self, server: Any, run: Run, files: list[Path], tmp_path: Path
    ) -> None:
        kept = tmp_path / "options.json"
        kept.write_text('{"max_words": 5, "style": "plain"}', encoding="utf-8")
        result = run(
            "submit", "summarize", files[0], "--options-file", kept, "--option", "max_words=9",
            "--option", 'labels=["甲"]', "--option", "hint=a=b", "--metadata", "case=2026-1187",
            "--callback-url", "http://oa/hook", "--lane", "bulk", "--model", "auto",
        )  # fmt: skip
        assert result.exit_code == 0, result.output
        assert server.requests[-1].fields["job"] == {
            "task": "summarize",
            "options": {"max_words": 9, "style": "plain", "labels": ["甲"], "hint": "a=b"},
            "metadata": {"case": "2026-1187"},
            "callback_url": "http://oa/hook",
            "lane": "bulk",
            "model": "auto",
        }

    def test_results_come_as_lines(self, run: Run, files: list[Path]) -> None:
        result = run("submit", "summarize", *files[:3], "--wait")
        assert result.exit_code == 0, result.output
        assert [line["result"] for line in lines(result)] == [{"summary": "short"}] * 3
        assert "3 of 3 files sent, 3 ended." in result.stderr

    def test_a_result_too_large_for_the_job_is_fetched(
        self, server: Any, run: Run, files: list[Path]
    ) -> None:
        server.ending = {"status": "succeeded", "result": None, "result_url": "http://x/r"}
        assert lines(run("submit", "summarize", files[0], "--wait"))[0]["result"] == {
            "summary": "long"
        }

    def test_results_go_to_a_file_each_also_for_equal_names(
        self, run: Run, files: list[Path], tmp_path: Path
    ) -> None:
        twin = tmp_path / "deeper" / files[0].name
        twin.parent.mkdir()
        twin.write_text("Twin")
        result = run("submit", "summarize", files[0], twin, "--out", tmp_path / "out")
        assert result.exit_code == 0, result.output
        assert result.stdout == ""
        written = {path.name: path.read_text() for path in (tmp_path / "out").iterdir()}
        assert set(written) == {"00.txt.json", "00.txt.2.json"}
        assert json.loads(written["00.txt.json"]) == {"summary": "short"}

    def test_failures_are_listed_with_their_reasons(
        self, server: Any, run: Run, files: list[Path]
    ) -> None:
        server.ending = {
            "status": "failed",
            "error": {"title": "The document is encrypted", "detail": "Send it without password."},
        }
        result = run("submit", "summarize", files[0], "--wait")
        assert result.exit_code == 1
        assert lines(result)[0]["error"]["detail"] == "Send it without password."
        assert "Send it without password." in result.stderr
        assert str(files[0]) in result.stderr

    def test_one_refused_file_does_not_stop_the_others(
        self, server: Any, run: Run, files: list[Path]
    ) -> None:
        server.answers = [None, lambda: web.Response(status=413)]
        result = run("submit", "summarize", *files[:3])
        assert result.exit_code == 1
        assert sorted(str(line["status"]) for line in lines(result)) == ["None", "queued", "queued"]
        assert [line["error"]["title"] for line in lines(result) if "error" in line] == [
            "Request Entity Too Large"
        ]
        assert "2 of 3 files sent, 1 failed." in result.stderr

    def test_an_unknown_task_is_reported_before_anything_is_sent(
        self, server: Any, run: Run, files: list[Path]
    ) -> None:
        result = run("submit", "sumarize", files[0])
        assert result.exit_code == 1
        assert result.stderr == "Error: There is no such task: See /v1/tasks.\n"
        assert [request.method for request in server.requests] == ["GET"]

    @pytest.mark.parametrize(
        "words",
        [
            ["summarize"],
            ["summarize", "no-such-file.txt"],
            ["summarize", "FILE", "--option", "novalue"],
            ["summarize", "FILE", "--options-file", "FILE"],
            ["summarize", "FILE", "--lane", "fast"],
            ["summarize", "FILE", "--model", "deepseek"],
        ],
    )
    def test_wrong_usage_is_status_2(
        self, server: Any, run: Run, files: list[Path], words: list[str]
    ) -> None:
        result = run("submit", *[str(files[0]) if word == "FILE" else word for word in words])
        assert result.exit_code == 2
        assert server.requests == []

    def test_an_interrupt_ends_with_what_was_sent_so_far(
        self, server: Any, files: list[Path]
    ) -> None:
        server.ends_at_poll = 10**9
        environment = os.environ | {"CHANCERY_API_URL": server.url, "CHANCERY_API_KEY": KEY}
        words = ["submit", "summarize", *map(str, files), "--wait"]
        with subprocess.Popen(
            [sys.executable, "-c", INTERRUPTIBLE, *words],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                until(lambda: len(server.polls) == len(files))
                process.send_signal(signal.SIGINT)
                _, err = process.communicate(timeout=30)
            finally:
                process.kill()
        assert process.returncode == 130
        assert err == (
            "Interrupted: 20 of 20 files sent, 0 ended; jobs already sent continue, "
            "see `chancery jobs`.\n"
        )


class TestLooking:
    def test_jobs_are_listed_in_a_table_and_as_json(self, server: Any, run: Run) -> None:
        server.jobs = {f"job_{n}": server.job(f"job_{n}", {"task": "extract"}) for n in range(5)}
        table = run("jobs", "--task", "extract")
        assert table.exit_code == 0, table.output
        assert table.stdout.splitlines()[0].split()[:3] == ["JOB", "TASK", "STATUS"]
        assert len(table.stdout.splitlines()) == 6
        chinese = run("jobs", "--lang", "zh", "--limit", "1").stdout.splitlines()[1]
        assert chinese.split()[2:4] == ["排队中", "交互"]
        assert [line["id"] for line in lines(run("jobs", "--json", "--limit", "3"))] == [
            "job_0",
            "job_1",
            "job_2",
        ]

    def test_one_job_is_printed_as_json(self, server: Any, run: Run) -> None:
        server.jobs = {"job_1": server.job("job_1", {"task": "extract"})}
        assert json.loads(run("job", "job_1").stdout)["progress"]["unit"] == "part"
        assert json.loads(run("job", "job_1", "--wait", "5").stdout)["status"] == "succeeded"

    def test_jobs_are_cancelled_and_those_that_are_not_there_named(
        self, server: Any, run: Run
    ) -> None:
        server.jobs = {"job_1": server.job("job_1", {"task": "extract"})}
        result = run("cancel", "job_9", "job_1")
        assert result.exit_code == 1
        assert result.stdout == "job_1 cancelled\n"
        assert result.stderr.startswith("job_9: There is no such thing here")

    def test_dead_callbacks_are_listed_and_sent_again(self, server: Any, run: Run) -> None:
        attempt = {"at": "2030-01-01T00:00:00Z", "status_code": None, "error": "[refused]"}
        server.callbacks = [
            {"id": "cb_1", "job_id": "job_1", "status": "dead", "attempts": [attempt]},
            {"id": "cb_2", "job_id": "job_2", "status": "delivered", "attempts": []},
        ]
        listed = run("callbacks", "--dead")
        assert "cb_1" in listed.stdout
        assert "[refused]" in listed.stdout
        assert "cb_2" not in listed.stdout
        assert run("callbacks", "redeliver", "cb_1").stdout == "cb_1 pending\n"
        assert run("callbacks", "redeliver", "cb_9").exit_code == 1

    def test_all_dead_callbacks_of_a_time_are_sent_again_at_once(
        self, server: Any, run: Run
    ) -> None:
        server.callbacks = [
            {"id": f"cb_{number}", "job_id": "job_1", "status": "dead", "attempts": []}
            for number in range(5)
        ]
        result = run(
            "callbacks", "redeliver", "--dead",
            "--since", "2026-11-20T08:00+08:00", "--until", "2026-11-21",
        )  # fmt: skip
        assert result.stdout == "5 dead callbacks are being delivered again\n", result.output
        assert {each["status"] for each in server.callbacks} == {"pending"}
        asked = server.redelivered
        assert len(asked) == 3
        assert {one["status"] for one in asked} == {"dead"}
        assert datetime.fromisoformat(asked[0]["from"]) == datetime(2026, 11, 20, tzinfo=UTC)
        assert datetime.fromisoformat(asked[0]["to"]).tzinfo is not None

    def test_an_age_is_a_time_too(self, server: Any, run: Run) -> None:
        assert run("callbacks", "redeliver", "--dead", "--since", "3h").exit_code == 0
        since = datetime.fromisoformat(server.redelivered[0]["from"])
        assert abs(datetime.now(UTC) - since - timedelta(hours=3)) < timedelta(minutes=1)

    @pytest.mark.parametrize(
        "words",
        [
            (),
            ("--dead",),
            ("cb_1", "--dead", "--since", "1h"),
            ("cb_1", "--since", "1h"),
            ("cb_1", "--until", "1h"),
            ("--dead", "--since", "yesterday"),
            ("--dead", "--since", "999999d"),
            ("--dead", "--since", "1h", "--until", "2h"),
        ],
    )
    def test_redeliver_needs_ids_or_a_time_range(
        self, server: Any, run: Run, words: tuple[str, ...]
    ) -> None:
        assert run("callbacks", "redeliver", *words).exit_code == 2
        assert server.redelivered == []

    def test_tasks_are_listed_and_explained(self, run: Run) -> None:
        assert "Says it in fewer words." in run("tasks").stdout
        assert json.loads(run("tasks", "summarize").stdout)["options_schema"] == {"type": "object"}


class TestConnecting:
    def test_options_override_the_environment_before_and_after_the_command(
        self, server: Any, run: Run
    ) -> None:
        nowhere = {"CHANCERY_API_URL": "http://127.0.0.1:1", "CHANCERY_API_KEY": "wrong"}
        typed = ["--api-url", server.url, "--api-key", KEY]
        assert run(*typed, "jobs", **nowhere).exit_code == 0
        assert run("jobs", *typed, **nowhere).exit_code == 0

    def test_a_missing_key_is_wrong_usage(self, run: Run) -> None:
        result = run("jobs", CHANCERY_API_KEY="")
        assert result.exit_code == 2
        assert "CHANCERY_API_KEY" in result.stderr

    def test_a_wrong_key_is_one_line_that_says_what_to_do(self, run: Run) -> None:
        result = run("jobs", CHANCERY_API_KEY="wrong")
        assert result.exit_code == 1
        assert result.stderr == (
            "Error: No valid API key: Send a key that is valid. "
            "Check --api-key or CHANCERY_API_KEY.\n"
        )

    def test_no_api_is_one_line_that_says_what_to_do(
        self, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("chancery.commands.connection.QUERY_TIMEOUT_SECONDS", 0.1)
        result = run("jobs", CHANCERY_API_URL="http://127.0.0.1:1")
        assert result.exit_code == 1
        assert len(result.stderr.splitlines()) == 1
        assert "chancery up" in result.stderr


class TestServerCommands:
    def entry_points(self, monkeypatch: pytest.MonkeyPatch, *values: str) -> None:
        points = [
            EntryPoint(name, value, server_commands.GROUP)
            for name, _, value in (value.partition("=") for value in values)
        ]
        monkeypatch.setattr(server_commands, "entry_points", lambda group: points)

    def test_they_are_found_by_their_entry_point(
        self, monkeypatch: pytest.MonkeyPatch, run: Run
    ) -> None:
        self.entry_points(monkeypatch, "look=chancery.commands.tasks:tasks")
        assert "look" in run("--help").stdout.split("Server:")[1]
        assert run("look").exit_code == 0

    def test_one_that_cannot_be_loaded_says_why(
        self, monkeypatch: pytest.MonkeyPatch, run: Run
    ) -> None:
        self.entry_points(monkeypatch, "up=no_such_package.up:up", "odd=chancery.models:Job")
        assert "not available: No module named 'no_such_package'" in run("--help").stdout
        result = run("up", "--port", "1")
        assert result.exit_code == 1
        assert "chancery-server" in result.stderr
        assert run("odd").exit_code == 1

    def test_none_is_loaded_for_another_command(
        self, monkeypatch: pytest.MonkeyPatch, run: Run
    ) -> None:
        self.entry_points(monkeypatch, "up=no_such_package.up:up")
        monkeypatch.setattr(EntryPoint, "load", refuse)
        assert run("tasks").exit_code == 0

    def test_help_and_version_need_no_connection(self, run: Run) -> None:
        assert "Documents and jobs:" in run("--help").stdout
        assert run("--version").stdout.startswith("chancery, version ")
        assert isinstance(main, click.Group)


def refuse(point: EntryPoint) -> None:
    raise AssertionError(f"{point.name} was loaded")


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    ends = time.monotonic() + seconds
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < ends, "it did not come about"
        pause.wait(0.02)
