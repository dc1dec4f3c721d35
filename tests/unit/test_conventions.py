"""Conventions that the docs and other software rely on: names, codes, states and settings."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

import api.process  # noqa: F401 - with the whole application loaded, every error class is known
import worker.process  # noqa: F401
from documents.errors import WorkError
from jobs.model.problems import PROBLEM_TYPES
from jobs.model.states import ENDINGS, CallbackStatus, JobStatus, JobSubstatus
from jobs.process.settings_table import settings_classes, settings_table, variable
from tasks.registry import load_built_in
from tests.transitions import NEW, steps, transitions

load_built_in()
ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("api", "documents", "jobs", "tasks", "worker")
# Calls whose first argument is a problem's code.
RAISERS = {"ProblemError", "Problem"}
STEP = re.compile(r"^ +(\S+) --> (\w+|\[\*\])", re.MULTILINE)


def kinds_of(error: type[WorkError]) -> Iterator[type[WorkError]]:
    for kind in error.__subclasses__():
        yield kind
        yield from kinds_of(kind)


def codes_in_python() -> Iterator[tuple[str, str]]:
    """Where a problem is made with a code that is written out, and the code."""
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if not isinstance(node, ast.Call) or not node.args:
                    continue
                name = getattr(node.func, "id", None) or getattr(node.func, "attr", None)
                code = node.args[0]
                if name in RAISERS and isinstance(code, ast.Constant):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", str(code.value)


def codes_in_lua() -> Iterator[tuple[str, str]]:
    for path in (ROOT / "jobs/ledger/scripts").rglob("*.lua"):
        for code in re.findall(r"problem\('([^']+)'", path.read_text()):
            yield path.name, code


def drawings() -> list[set[tuple[str, str]]]:
    """The steps of each drawing in docs/reliability.md: of jobs, of callbacks, of breakers."""
    text = (ROOT / "docs/reliability.md").read_text()
    drawn = re.findall(r"```mermaid\nstateDiagram-v2\n(.*?)```", text, re.DOTALL)
    return [set(STEP.findall(drawing)) for drawing in drawn]


@pytest.mark.parametrize("name", [*PACKAGES, "chancery"])
def test_no_dependency_claims_a_name_of_ours(name: str) -> None:
    assert set(packages_distributions().get(name, ())) <= {"chancery-client", "chancery-server"}


def test_every_error_of_a_task_has_a_title() -> None:
    for kind in kinds_of(WorkError):
        assert PROBLEM_TYPES[kind.code].title == kind.title


def test_no_two_kinds_of_error_share_a_code() -> None:
    codes = [kind.code for kind in kinds_of(WorkError)]
    assert len(codes) == len(set(codes))


def test_every_code_that_is_used_has_a_title() -> None:
    used = [*codes_in_python(), *codes_in_lua()]
    assert len(used) > 30
    assert [(where, code) for where, code in used if code not in PROBLEM_TYPES] == []


def test_the_diagram_of_a_jobs_states_is_the_scripts_table() -> None:
    jobs, _, _ = drawings()
    assert {(a, b) for a, b in jobs if b != "[*]"} == steps("job")
    assert {a for a, b in jobs if b == "[*]"} == set(ENDINGS)
    assert set(transitions("job")) == {NEW, *JobStatus, *JobSubstatus}


def test_the_diagram_of_a_callbacks_states_is_the_scripts_table() -> None:
    _, callbacks, _ = drawings()
    assert callbacks == steps("callback")
    assert set(transitions("callback")) == {NEW, *CallbackStatus}


def test_a_job_that_has_ended_never_changes_its_state() -> None:
    assert {state for state, after in transitions("job").items() if not after} == set(ENDINGS)


def test_the_page_of_settings_is_up_to_date() -> None:
    written = (ROOT / "docs/settings.md").read_text()
    assert written == settings_table(), (
        "run python -m jobs.process.settings_table > docs/settings.md"
    )


def test_every_setting_has_its_own_variable_and_a_description() -> None:
    fields = [
        (variable(owner, name), field)
        for owner in settings_classes()
        for name, field in owner.model_fields.items()
    ]
    names = [name for name, _ in fields]
    assert len(names) == len(set(names))
    for name, field in fields:
        assert name.startswith(("CHANCERY_", "AWS_"))
        assert field.description, name
        assert "|" not in field.description
