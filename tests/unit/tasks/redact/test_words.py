from __future__ import annotations

import json
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.limits import MOST_LISTED
from tasks.redact import RedactOptions
from tasks.redact.finder import Targets
from tasks.redact.finders.words import KnownWords, SearchedText, WordFinder, words_in
from tasks.redact.findings import redact_text
from tasks.redact.kinds import DetectionMethod, Kind
from tasks.redact.masker import Style
from tasks.text.plain import plain
from tests.unit.tasks.documents import document

FEW_LETTERS = st.text("abB甲乙1 ", min_size=1, max_size=6)


def spans(words: list[str], text: str) -> list[tuple[int, int]]:
    known = KnownWords(Kind.term, DetectionMethod.term, words)
    found = WordFinder([known]).find(SearchedText(plain(text)))
    return sorted((one.start, one.end) for one in found)


def terms_alike() -> list[str]:
    """1,000 terms of 100 characters with the same beginning."""
    return ["市" * 99 + chr(0x4E00 + at) for at in range(1_000)]


@given(st.lists(FEW_LETTERS, min_size=1, max_size=6), st.text("abABc甲乙1", max_size=30))
def test_every_occurrence_of_every_word_is_covered(words: list[str], text: str) -> None:
    covered = {at for start, end in spans(words, text) for at in range(start, end)}
    for word in words:
        bare = re.escape(word.replace(" ", ""))
        for match in re.finditer(f"(?=({bare}))", text, re.IGNORECASE) if bare else ():
            assert covered.issuperset(range(*match.span(1)))


@given(st.lists(FEW_LETTERS, min_size=1, max_size=6), st.text("abABc甲乙1 \n\t", max_size=30))
def test_only_occurrences_are_covered(words: list[str], text: str) -> None:
    bare = [re.sub(r"\s", "", word).lower() for word in words]
    for start, end in spans(words, text):
        found = re.sub(r"\s", "", text[start:end]).lower()
        covered = {
            at
            for word in bare
            for match in (re.finditer(f"(?=({re.escape(word)}))", found) if word else ())
            for at in range(*match.span(1))
        }
        assert covered == set(range(len(found)))


def test_words_that_overlap_are_one_detection() -> None:
    assert spans(["甲乙", "乙丙"], "甲乙丙") == [(0, 3)]


def test_a_word_is_found_across_a_line_break_but_not_across_columns() -> None:
    assert spans(["王小明"], "王 小\n明，王\t小明，王\n\n\n\n小明") == [(0, 5)]
    assert spans(["Li Wei"], "Li   Wei, LiWei, Li \n\n\n\n Wei") == [(0, 8), (10, 15)]


def test_a_word_that_is_padded_with_spaces_is_found() -> None:
    assert spans(["王小明", "李四"], "王    小    明，李      四") == [(0, 11), (12, 20)]
    assert spans(["Li Wei"], "Li        Wei") == [(0, 13)]


@pytest.mark.parametrize("written", ["li-wei", "Li_Wei", "li+wei", "Li - Wei"])
def test_a_word_with_a_space_is_found_in_an_address(written: str) -> None:
    assert spans(["Li Wei"], f"/p/{written}.html") == [(3, 3 + len(written))]
    assert spans(["LiWei"], f"/p/{written}.html") == []
    assert words_in(["Li Wei"], written) == ["Li Wei"]


def test_a_word_with_a_hyphen_and_a_space_is_found_with_either() -> None:
    assert spans(["Plan-9 North"], "plan-9 north, Plan 9-North") == [(0, 12), (14, 26)]


def test_words_in_a_text_are_those_that_the_finder_finds() -> None:
    assert words_in(["王小明", "李四", "Li Wei"], plain("王 小明，LI WEI")) == ["王小明", "Li Wei"]


def test_a_thousand_long_terms_with_the_same_beginning_take_seconds_at_most() -> None:
    targets, started = Targets(frozenset({Kind.mobile}), terms_alike()), time.process_time()
    redacted = redact_text(document("市" * 1_000_000), targets, Style())
    assert redacted.counts == {}
    assert time.process_time() - started < 5


def test_terms_within_each_other_take_time_in_proportion_to_their_number() -> None:
    terms = ["市" * length for length in range(2, 200)]
    started = time.process_time()
    redacted = redact_text(document("市" * 20_000), Targets(frozenset(), terms), Style())
    assert redacted.counts == {Kind.term: 1}
    assert time.process_time() - started < 10


def test_findings_beyond_the_limit_are_masked_and_counted() -> None:
    redacted = redact_text(
        document("阳光工程。" * 6_000), Targets(frozenset(), ["阳光工程"]), Style()
    )
    assert len(redacted.findings) == MOST_LISTED
    assert redacted.not_listed == 6_000 - MOST_LISTED
    assert redacted.counts == {Kind.term: 6_000}
    assert "阳光" not in redacted.text


def test_the_terms_of_the_reproduction_are_accepted() -> None:
    options = RedactOptions.model_validate_json(json.dumps({"terms": terms_alike()}))
    assert len(options.terms) == 1_000
