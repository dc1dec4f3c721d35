"""`chancery batch submit FOLDER` once more, after an interruption: no file is sent twice."""

from __future__ import annotations

import json
import os
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from chancery.commands.submission import CONCURRENT_UPLOADS
from tests.unit.client.batch.command import STATE, Run, names_in, started, until, uploads


def test_after_a_kill_in_the_middle_nothing_is_sent_twice(
    server: Any, run: Run, folder: Path
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
        json.loads(line)["sent"]["sha256"] for line in (folder / STATE).read_text().splitlines()[1:]
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


def test_an_interrupt_says_how_to_go_on(server: Any, run: Run, folder: Path) -> None:
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
    assert err == ("Interrupted: 3 of 20 files sent.\nRun the same command again to continue.\n")
    server.answers_documents = None
    assert run("submit", folder, "--task", "summarize").stdout == "batch_1\n"


def test_changed_or_expired_files_are_sent_again(server: Any, run: Run, folder: Path) -> None:
    server.answers = [*[None] * 21, lambda: web.Response(status=422)]
    run("submit", folder, "--task", "summarize")
    (folder / "00.txt").write_text("changed")
    os.utime(folder / "02.txt")
    result = run("submit", folder, "--task", "summarize")
    assert "1 of 20 files sent, 19 already present." in result.stderr
    assert sum(uploads(server).values()) == 21


def test_a_file_with_the_same_size_and_time_is_not_read(
    server: Any, run: Run, folder: Path
) -> None:
    server.answers = [*[None] * 21, lambda: web.Response(status=422)]
    run("submit", folder, "--task", "summarize")
    before = (folder / "00.txt").stat()
    (folder / "00.txt").write_text("Document X")
    os.utime(folder / "00.txt", ns=(before.st_atime_ns, before.st_mtime_ns))
    result = run("submit", folder, "--task", "summarize")
    assert "0 of 20 files sent, 20 already present." in result.stderr


def test_a_document_that_is_about_to_go_is_sent_again(server: Any, run: Run, folder: Path) -> None:
    server.documents_expire_at = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()
    server.answers = [*[None] * 21, lambda: web.Response(status=422)]
    run("submit", folder, "--task", "summarize")
    server.documents_expire_at = "2031-01-01T00:00:00Z"
    assert "20 of 20 files sent." in run("submit", folder, "--task", "summarize").stderr


@pytest.mark.parametrize("torn", [b'{"sent":{"pa', b'{"beg', b""])
def test_a_torn_last_line_does_not_count(server: Any, run: Run, folder: Path, torn: bytes) -> None:
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


def test_an_error_that_all_files_would_meet_aborts(server: Any, run: Run, folder: Path) -> None:
    server.answers = [None, *[lambda: web.Response(status=401)] * 20]
    result = run("submit", folder, "--task", "summarize")
    assert result.exit_code == 1
    assert result.stderr.startswith("Aborted: 0 of 20 files sent.\nError: Unauthorized")
    assert len(server.requests) <= 1 + CONCURRENT_UPLOADS
    server.answers = []
    assert run("submit", folder, "--task", "summarize").stdout == "batch_1\n"


def test_two_at_once_do_not_share_a_state(server: Any, run: Run, folder: Path) -> None:
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
