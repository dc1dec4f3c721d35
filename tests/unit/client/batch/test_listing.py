"""`chancery batch list` and `cancel`."""

from __future__ import annotations

import json
from typing import Any

from tests.unit.client.batch.command import Run


def test_batches_are_listed_in_a_table_and_as_json(server: Any, run: Run) -> None:
    for _ in range(5):
        server.batch_api.add(request_counts={"total": 7, "completed": 2, "failed": 1})
    table = run("list").stdout.splitlines()
    assert table[0].split()[:2] == ["BATCH", "STATUS"]
    assert [line.split()[0] for line in table[1:]] == [f"batch_{n}" for n in range(5, 0, -1)]
    listed = run("list", "--json", "--limit", "3").stdout.splitlines()
    assert [json.loads(line)["id"] for line in listed] == ["batch_5", "batch_4", "batch_3"]


def test_batches_are_cancelled_and_those_that_are_not_there_named(server: Any, run: Run) -> None:
    server.batch_api.add()
    result = run("cancel", "batch_9", "batch_1")
    assert result.exit_code == 1
    assert result.stdout == "batch_1 cancelling\n"
    assert result.stderr.startswith("batch_9: There is no such thing here")
