"""The table of everything that can be wrong."""

from __future__ import annotations

import re
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

from jobs.health.problem_types import PROBLEM_TYPES, problem

RUNBOOK = Path(__file__).parents[4] / "docs" / "operations.md"


def test_every_problem_has_a_section_in_the_runbook_and_no_section_is_left_over() -> None:
    text = RUNBOOK.read_text()
    section = text.partition("\n## Problems by code\n")[2].partition("\n## ")[0]
    assert set(re.findall(r"^### (\S+)$", section, re.MULTILINE)) == set(PROBLEM_TYPES)


@pytest.mark.parametrize("code", PROBLEM_TYPES)
def test_every_problem_says_what_is_wrong_and_what_to_do(code: str) -> None:
    kind = PROBLEM_TYPES[code]
    names = {
        name
        for text in (kind.detail, kind.advice, kind.area)
        for _, name, _, _ in Formatter().parse(text)
        if name and name != "subject"
    }
    values: dict[str, Any] = dict.fromkeys(names, "x")
    found = problem(code, "the subject", **values)
    assert found.detail
    assert found.advice
    assert found.runbook == code


def test_an_unlisted_code_is_refused() -> None:
    with pytest.raises(KeyError):
        problem("nothing-like-it", "x")
