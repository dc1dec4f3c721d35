"""Requests to the model depend only on the document, the options and the engine."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tasks.registry import TASKS

ROOT = Path(__file__).resolve().parents[3]
ASKING = {
    *("summarize", "extract", "classify", "redact", "disclosure_review", "proofread"),
    *("dispatch", "minutes", "translate", "draft", "qa"),
}
CHANCE = {"random", "secrets", "uuid"}
CLOCKS = {"now", "today", "utcnow", "time"}


@pytest.fixture(scope="module")
def runs() -> tuple[dict[str, Any], dict[str, Any]]:
    """The requests of all tasks in two processes with other hash seeds and time zones."""
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.unit.tasks.asking"],
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": seed, "TZ": zone},
            stdout=subprocess.PIPE,
        )
        for seed, zone in (("1", "Asia/Shanghai"), ("2", "America/New_York"))
    ]
    first, second = [json.loads(one.communicate()[0]) for one in started]
    assert [one.returncode for one in started] == [0, 0]
    return first, second


@pytest.mark.parametrize("name", TASKS)
def test_every_task_asks_the_same_in_every_process(
    name: str, runs: tuple[dict[str, Any], dict[str, Any]]
) -> None:
    first, second = runs
    assert first[name] == second[name]


def test_tasks_with_a_model_made_requests(
    runs: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    assert {name for name, (requests, _) in runs[0].items() if requests} >= ASKING


def test_no_task_uses_the_clock_or_random_numbers() -> None:
    found = [where for path in (ROOT / "tasks").rglob("*.py") for where in outside_sources(path)]
    assert found == []


def outside_sources(path: Path) -> Iterator[str]:
    """Where a file imports a source of randomness or reads the clock."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.Import(names=names) if CHANCE & {one.name for one in names}:
                yield f"{path.relative_to(ROOT)}:{node.lineno}"
            case ast.ImportFrom(module=module) if module in CHANCE:
                yield f"{path.relative_to(ROOT)}:{node.lineno}"
            case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr=name)) if (
                name in CLOCKS and owner in {"date", "datetime", "time"}
            ):
                yield f"{path.relative_to(ROOT)}:{node.lineno}"
