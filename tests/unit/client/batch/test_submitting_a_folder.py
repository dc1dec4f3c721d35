"""`chancery batch submit FOLDER`: which files are sent, and what its state file allows."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from aiohttp import web

from chancery.commands.submission import CONCURRENT_UPLOADS
from tests.unit.client.batch.command import Run, names_in, uploads


def test_every_file_is_a_line_that_has_its_path_as_custom_id(
    server: Any, run: Run, folder: Path
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


def test_a_pattern_says_which_files(server: Any, run: Run, folder: Path) -> None:
    assert run("submit", folder, "--task", "summarize", "--glob", "2026/*1.txt").exit_code == 0
    (asked,) = server.batch_api.asked
    assert [each["custom_id"] for each in asked["documents"]] == ["2026/01.txt", "2026/11.txt"]


def test_equal_bytes_are_sent_once(server: Any, run: Run, tmp_path: Path) -> None:
    for number in range(CONCURRENT_UPLOADS * 2):
        (tmp_path / f"{number:02}.txt").write_text(f"{number % CONCURRENT_UPLOADS}")
    assert run("submit", tmp_path, "--task", "summarize").exit_code == 0
    assert len(server.batch_api.asked[0]["documents"]) == CONCURRENT_UPLOADS * 2
    assert set(uploads(server).values()) == {1}


def test_a_finished_one_says_so_and_sends_nothing(server: Any, run: Run, folder: Path) -> None:
    run("submit", folder, "--task", "summarize")
    before = len(server.requests)
    (folder / "later.txt").write_text("later")
    result = run("submit", folder, "--task", "summarize")
    assert (result.exit_code, result.stdout) == (0, "batch_1\n")
    assert "already submitted as batch_1; --new submits it again, with 1 new or changed files" in (
        result.stderr
    )
    assert [request.path for request in server.requests[before:]] == ["/v1/batches/batch_1"]


def test_new_starts_again(server: Any, run: Run, folder: Path) -> None:
    run("submit", folder, "--task", "summarize")
    result = run("submit", folder, "--task", "extract", "--new")
    assert result.exit_code == 1, "the double knows no such task"
    result = run("submit", folder, "--task", "summarize", "--new", "--option", "max_words=1")
    assert (result.exit_code, result.stdout) == (0, "batch_2\n")
    assert set(uploads(server).values()) == {2}


def test_another_work_needs_a_state_of_its_own(
    server: Any, run: Run, folder: Path, tmp_path: Path
) -> None:
    run("submit", folder, "--task", "summarize")
    result = run("submit", folder, "--task", "sing")
    assert result.exit_code == 1
    assert "task 'summarize'" in result.stderr
    own = tmp_path / "own.jsonl"
    assert run("submit", folder, "--task", "sing", "--state", own).stdout == "batch_2\n"


def test_a_state_file_in_the_folder_is_not_sent(server: Any, run: Run, folder: Path) -> None:
    for _ in range(2):
        server.answers = [*[None] * 21, lambda: web.Response(status=422)]
        run("submit", folder, "--task", "summarize", "--state", folder / "state.jsonl")
    server.answers = []
    run("submit", folder, "--task", "summarize", "--state", folder / "state.jsonl")
    assert all(len(asked["documents"]) == 20 for asked in server.batch_api.asked)


def test_a_file_that_is_no_state_is_neither_used_nor_emptied(
    run: Run, folder: Path, tmp_path: Path
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
    server: Any, run: Run, folder: Path, tmp_path: Path
) -> None:
    nowhere = tmp_path / "no" / "state.jsonl"
    result = run("submit", folder, "--task", "summarize", "--state", nowhere)
    assert result.exit_code == 1
    assert "--state" in result.stderr
    assert server.requests == []


def test_a_refused_file_is_named_and_the_batch_is_made_without_it(
    server: Any, run: Run, folder: Path
) -> None:
    server.answers = [None, lambda: web.Response(status=413)]
    result = run("submit", folder, "--task", "summarize")
    assert result.exit_code == 1
    assert result.stdout == "batch_1\n"
    assert "19 of 20 files sent, 1 not sent." in result.stderr
    assert "Request Entity Too Large" in result.stderr
    assert len(server.batch_api.asked[0]["documents"]) == 19


def test_without_any_file_sent_there_is_no_batch(server: Any, run: Run, folder: Path) -> None:
    server.answers = [None, *[lambda: web.Response(status=413)] * 20]
    result = run("submit", folder, "--task", "summarize")
    assert (result.exit_code, result.stdout) == (1, "")
    assert server.batch_api.asked == []


def test_a_name_that_is_not_utf8_is_skipped_and_reported(
    server: Any, run: Run, folder: Path
) -> None:
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff.txt")).write_text("x")
    result = run("submit", folder, "--task", "summarize")
    assert result.exit_code == 1
    assert "20 of 21 files sent, 1 not sent." in result.stderr
    assert len(server.batch_api.asked[0]["documents"]) == 20
