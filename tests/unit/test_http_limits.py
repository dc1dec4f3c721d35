"""The limits of tests' HTTP requests."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CALLS = {"get", "post", "put", "delete", "head", "request", "stream", "Client", "AsyncClient"}


def calls_with_default_limit(source: str) -> Iterator[int]:
    """Lines that ask with httpx's own limit of 5 s, over a real network."""
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "httpx"
            and node.func.attr in CALLS
            and "timeout" not in {given.arg for given in node.keywords}
            and "ASGITransport" not in source
        ):
            yield node.lineno


def test_a_call_with_the_default_limit_is_found() -> None:
    source = "import httpx\nhttpx.get('http://a')\nhttpx.get('http://a', timeout=30)\n"
    assert list(calls_with_default_limit(source)) == [2]


def test_no_test_fails_because_its_machine_stood_still_for_five_seconds() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for folder in ("tests", "standin")
        for path in (ROOT / folder).rglob("*.py")
        for line in calls_with_default_limit(path.read_text())
    ]
    assert found == []
