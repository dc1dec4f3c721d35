"""About a hundred files: nothing leaks, nothing is passed wrongly, nothing clean is held back.

`make quality ARGS=leaks` measures more than two thousand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import pytest

from bench.quality.leaks import clean_figures, figures
from bench.quality.leaks.appearance import differences
from bench.quality.leaks.cases import Case, placed, places, walked
from bench.quality.leaks.clean import Clean, clean_files
from bench.quality.leaks.outcome import CleanOutcome, Outcome, outcome_of, outcome_of_clean
from bench.quality.leaks.random_places import samples
from bench.quality.measure import Measure

_T = TypeVar("_T", Case, Clean)
_R = TypeVar("_R")


def missed(measures: Sequence[Measure]) -> list[str]:
    return [one.name for one in measures if one.met is False]


def done(work: Callable[[_T], _R], cases: Sequence[_T]) -> list[_R]:
    return [work(case) for case in cases]


def test_nothing_leaks_and_nothing_is_passed_wrongly() -> None:
    every = places()
    cases = [*placed(1, every[::13]), *walked(16, samples(every[::40]))]
    assert missed(list(figures(done(outcome_of, cases)))) == []


def test_no_clean_file_is_held_back() -> None:
    outcomes = done(outcome_of_clean, list(clean_files(40)))
    assert [one for one in outcomes if one.held_back or one.refused] == []


def test_pages_that_stayed_text_look_the_same() -> None:
    pages = [one for one in differences(2) if one.format == "PDF"]
    assert len(pages) == 6
    assert max(one.share for one in pages) < 0.01


@pytest.mark.parametrize(
    "bad",
    [
        Outcome("DOCX", "p", "v", readable=True, leak="file"),
        Outcome("DOCX", "p", "v", readable=True, publishable=True),
        Outcome("DOCX", "p", "v", readable=True, failure="TypeError"),
        Outcome("DOCX", "p", "v", readable=False),
    ],
    ids=["leak", "publishable", "failure", "not readable"],
)
def test_one_bad_file_fails_the_run(bad: Outcome) -> None:
    good = Outcome("DOCX", "p", "v", readable=True)
    assert missed(list(figures([good]))) == []
    assert len(missed(list(figures([good, bad])))) == 1


def test_one_clean_file_held_back_or_not_masked_fails_the_run() -> None:
    good = CleanOutcome("DOCX", "p", None, None)
    assert missed(list(clean_figures([good]))) == []
    for bad in (CleanOutcome("DOCX", "p", "mobile", None), CleanOutcome("DOCX", "p", None, "x")):
        assert len(missed(list(clean_figures([good, bad])))) == 1
