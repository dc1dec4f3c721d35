"""`chancery batch watch`."""

from __future__ import annotations

import json
import signal
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chancery.commands.batch.display import expected_end
from chancery.commands.batch.group import _row
from chancery.models import Batch
from tests.unit.client.batch.command import Run, started, until


def test_changes_of_status_and_the_failures_are_printed(server: Any, run: Run) -> None:
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
def test_another_end_than_completed_is_status_1(server: Any, run: Run, status: str) -> None:
    errors = {"object": "list", "data": [{"code": "x", "message": "Too many.", "line": 7}]}
    name = server.batch_api.add(status=status, errors=errors)
    result = run("watch", name, "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["status"] == status
    assert "line 7: Too many." in result.stderr


def test_an_interrupt_says_that_it_goes_on(server: Any) -> None:
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


def test_an_unknown_batch_is_one_line(run: Run) -> None:
    result = run("watch", "batch_9")
    assert result.exit_code == 1
    assert result.stderr == "Error: There is no such thing here (404)\n"


def test_the_expected_end_is_in_local_time() -> None:
    soon = datetime.now(UTC) + timedelta(hours=2, minutes=10, seconds=10)
    batch = Batch(id="batch_1", status="in_progress", expected_at=soon)
    assert expected_end(batch).endswith(f"{soon.astimezone():%H:%M}, in 2 h 10 min")
    later = Batch(id="b", status="in_progress", expected_at=soon + timedelta(days=3))
    assert f"{later.expected_at:%Y}-" in expected_end(later)
    assert "in 3 d 2 h" in expected_end(later)
    assert expected_end(Batch(id="b", status="completed", expected_at=soon)) == ""


def test_a_stalled_batch_says_why_instead_of_a_time() -> None:
    stalled = {"reason": "engine-away", "detail": "engine away since 2026-11-30 02:10 UTC"}
    batch = Batch.model_validate({"id": "b", "status": "in_progress", "stalled": stalled})
    assert expected_end(batch) == "stalled: engine away since 2026-11-30 02:10 UTC"
    assert "stalled: engine away since 2026-11-30 02:10 UTC" in _row(batch)
