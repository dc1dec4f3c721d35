"""`chancery batch submit FOLDER` once more, after its request failed: no second batch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.unit.client.batch.command import STATE, Run


def refusal(status: int, code: str) -> web.Response:
    body = {"type": f"/problems/{code}", "title": "No"}
    return web.json_response(body, status=status, content_type="application/problem+json")


def test_a_batch_whose_response_was_lost_is_not_created_again(
    server: Any, run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
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
    server: Any, run: Run, folder: Path
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
    server: Any, run: Run, folder: Path
) -> None:
    server.answers = [*[None] * 21, lambda: refusal(422, "idempotency-mismatch")]
    assert run("submit", folder, "--task", "summarize", "--metadata", "run=1").exit_code == 1
    run("submit", folder, "--task", "summarize", "--metadata", "run=2")
    (asked,) = server.batch_api.asked
    assert asked["metadata"] == {"run": "1"}


def test_a_batch_refused_with_404_can_be_requested_again(
    server: Any, run: Run, folder: Path
) -> None:
    server.answers = [*[None] * 21, lambda: refusal(404, "not-found")]
    assert run("submit", folder, "--task", "summarize", "--metadata", "run=1").exit_code == 1
    run("submit", folder, "--task", "summarize", "--metadata", "run=2")
    (asked,) = server.batch_api.asked
    assert asked["metadata"] == {"run": "2"}


def test_after_a_day_it_does_not_guess_whether_there_is_a_batch(
    server: Any, run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
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
