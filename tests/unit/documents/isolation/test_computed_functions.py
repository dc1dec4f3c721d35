"""Every function that is passed to `compute` can be called in a process."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from documents.isolation import call

ROOT = Path(__file__).parents[4]


def computed() -> Iterator[tuple[str, str]]:
    """The module and the name of each first argument of `compute`."""
    for folder in ("documents", "tasks", "jobs", "worker"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            text = path.read_text()
            for node in ast.walk(ast.parse(text)) if "compute(" in text else ():
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Name)
                    and node.func.id == "compute"
                ):
                    yield module.removesuffix(".__init__"), ast.unparse(node.args[0])


@pytest.mark.parametrize(("module", "name"), sorted(set(computed())))
def test_it_has_a_name_and_a_result_that_travels(module: str, name: str) -> None:
    function: Any = import_module(module)
    for part in name.split("."):
        function = getattr(function, part)
    check: Callable[..., Any] = function
    assert call.name_of(check)
    assert call._result_type(check)


def test_there_are_some() -> None:
    assert list(computed())
