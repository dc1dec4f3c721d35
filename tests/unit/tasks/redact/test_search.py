"""Patterns that are tried only at the characters with which a match can begin."""

from __future__ import annotations

import re

import pytest

from tasks.redact.finders.search import matches


@pytest.mark.parametrize(
    ("begin", "pattern"),
    [
        (r"\d", r"(?<!x)\d{2}"),
        (r"[12]", r"(?=([12]\d))"),
        (r"1(?=2)|a", r"(?<!b)(?:a1?)?(?=12)"),
    ],
)
@pytest.mark.parametrize("text", ["", "1212", "x1212 a12", "ba12a112", "123123x123", "aa12"])
def test_matches_are_those_of_finditer(begin: str, pattern: str, text: str) -> None:
    found = matches(re.compile(begin), re.compile(pattern), text)
    wanted = re.finditer(pattern, text)
    assert [(one.span(), one.groups()) for one in found] == [
        (one.span(), one.groups()) for one in wanted
    ]
