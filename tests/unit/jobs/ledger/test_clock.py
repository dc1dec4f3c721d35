"""The ledger takes the time from Redis alone: docs/decisions/server-time.md."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from jobs.ledger.server.scripts import FOLDER

LEDGER = FOLDER.parent
# What reads the clock of this machine, as attributes; `time.monotonic` is for durations.
CLOCKS = {"now", "utcnow", "today", "time", "time_ns"}
OWNERS = {"datetime", "date", "time"}
ASSIGNMENT = re.compile(r"^(?:local )?(?:.*, )?now =.*$", re.MULTILINE)


def clock_reads(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "time":
            yield from (f"time.{each.name}" for each in node.names if each.name in CLOCKS)
        if isinstance(node, ast.Attribute) and node.attr in CLOCKS:
            owner = ast.unparse(node.value).rpartition(".")[2]
            if owner in OWNERS:
                yield f"{owner}.{node.attr}"


@pytest.mark.parametrize("text", ["datetime.now(UTC)", "time.time()", "from time import time_ns"])
def test_reads_of_the_clock_are_found(text: str) -> None:
    assert list(clock_reads(ast.parse(text)))


def test_no_module_of_the_ledger_reads_the_clock_of_its_machine() -> None:
    found = {
        str(path.relative_to(LEDGER)): reads
        for path in LEDGER.rglob("*.py")
        if (reads := list(clock_reads(ast.parse(path.read_text()))))
    }
    assert found == {}


def test_scripts_take_the_time_from_their_server() -> None:
    """`now` is set once, and no script or argument sets it again."""
    texts = {str(path.relative_to(FOLDER)): path.read_text() for path in FOLDER.rglob("*.lua")}
    found = {name: lines for name, text in texts.items() if (lines := ASSIGNMENT.findall(text))}
    assert found == {"lib/keys.lua": ["local now = now_ms()"]}
    assert [name for name, text in texts.items() if "'TIME'" in text] == ["lib/keys.lua"]
    assert not [name for name, text in texts.items() if re.search(r"\bos\.(time|clock)\b", text)]
