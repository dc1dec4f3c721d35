"""Every regular expression that a package compiles, and how it is used."""

from __future__ import annotations

import ast
import importlib
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
PACKAGES = ("api", "documents", "jobs", "tasks", "worker")
ANCHORED = frozenset(("match", "fullmatch"))
FUNCTIONS = frozenset(
    ("compile", "search", "match", "fullmatch", "split", "findall", "finditer", "sub", "subn")
)


@dataclass(frozen=True)
class Use:
    """A pattern; `anchored` if it is only matched at a given position, not searched for."""

    where: str
    pattern: re.Pattern[str] | re.Pattern[bytes]
    anchored: bool


def uses(package: str) -> Iterator[Use]:
    """The patterns in the modules of a package: in its globals, and written out in functions."""
    methods = _methods()
    for path in sorted((ROOT / package).rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        if name.endswith("__main__"):
            continue
        module = importlib.import_module(name)
        for variable, value in vars(module).items():
            for pattern in _patterns(value):
                called = methods[name, variable] or methods["", variable]
                yield Use(f"{name}.{variable}", pattern, bool(called) and called <= ANCHORED)
        yield from _inline(name, module, ast.parse(path.read_text()))


def _patterns(value: Any, depth: int = 3) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif depth and isinstance(value, Mapping):
        for one in value.values():
            yield from _patterns(one, depth - 1)
    elif depth and isinstance(value, Sequence | frozenset) and not isinstance(value, str | bytes):
        for one in value:
            yield from _patterns(one, depth - 1)


def _inline(name: str, module: ModuleType, tree: ast.Module) -> Iterator[Use]:
    """Patterns in calls such as `re.search(r"...", text)`, if module globals determine them."""
    in_functions = {
        id(node)
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        if not isinstance(called, ast.Attribute) or ast.unparse(called.value) != "re":
            continue
        # A pattern compiled outside of functions is among the module's globals.
        if called.attr not in FUNCTIONS or (
            called.attr == "compile" and id(node) not in in_functions
        ):
            continue
        flags = [one.value for one in node.keywords if one.arg == "flags"]
        flags += node.args[1:2] if called.attr == "compile" else node.args[2:3]
        flags = (
            flags if called.attr in {"compile", "search", "match", "fullmatch", "findall"} else []
        )
        try:
            values = [eval(ast.unparse(one), vars(module)) for one in (node.args[0], *flags)]
        except NameError:
            continue  # it depends on a local variable
        yield Use(f"{name}:{node.lineno}", re.compile(*values), called.attr in ANCHORED)


def _methods() -> Mapping[tuple[str, str], set[str]]:
    """The methods called on each variable, by module; with "" for variables of other modules."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for path in (path for package in PACKAGES for path in (ROOT / package).rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Attribute) or node.attr not in FUNCTIONS:
                continue
            if isinstance(node.value, ast.Name):
                found[name, node.value.id].add(node.attr)
                if not node.value.id.startswith("_"):
                    found["", node.value.id].add(node.attr)
    return found
