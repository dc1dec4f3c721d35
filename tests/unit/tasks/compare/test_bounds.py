"""The time and the result of a comparison are bounded, whatever the texts."""

from __future__ import annotations

import random
import time

import pytest

from tasks.compare import CompareResult, compare_documents
from tasks.compare.differences import Work, find_edits, limited
from tasks.limits import MOST_LISTED
from tasks.text.edits import Edit, apply_edits
from tests.unit.tasks.documents import document

SECONDS = 20
RANDOM = random.Random(1)


def of_two_letters(length: int) -> str:
    return "".join(RANDOM.choices("甲乙", k=length))


def between_marks() -> list[str]:
    """Passages that have to be compared word by word, each between clauses that both texts have."""
    return ["".join(f"{of_two_letters(480)}，第{at}次，" for at in range(1_000))]


ATTACKS = {
    "passages of few different words": (between_marks(), between_marks()),
    "one passage": ([of_two_letters(500_000)], [of_two_letters(500_000)]),
    "equal paragraphs": (["甲"] * 50_000, ["甲"] * 50_000),
    "paragraphs that all differ": (["甲"] * 50_000, ["乙"] * 50_000),
    "paragraphs in another order": (
        RANDOM.choices("甲乙丙", k=50_000),
        RANDOM.choices("甲乙丙", k=50_000),
    ),
}


def checked(old: list[str], new: list[str]) -> CompareResult:
    result = compare_documents(document(*old), document(*new))
    assert apply_edits("\n\n".join(old), result.patch) == "\n\n".join(new)
    assert len(result.patch) <= MOST_LISTED
    assert len(result.changes) <= MOST_LISTED
    assert sum(len(change.edits) for change in result.changes) <= MOST_LISTED + len(result.changes)
    return result


@pytest.mark.parametrize("name", list(ATTACKS))
def test_no_texts_take_long_and_the_patch_is_exact(name: str) -> None:
    started = time.process_time()
    checked(*ATTACKS[name])
    assert time.process_time() - started < SECONDS


def test_passages_that_are_replaced_as_a_whole_are_counted() -> None:
    assert checked(*ATTACKS["one passage"]).whole_passages == 2  # of the change and of the patch
    assert checked(["市场每日开放。"], ["市场每周开放。"]).whole_passages == 0


def test_a_passage_is_replaced_as_a_whole_where_no_work_is_left() -> None:
    work = Work(pairs_left=5)
    assert [one.old for one in find_edits("甲子丑寅乙", "乙子丑寅甲", work)] == ["甲", "乙"]
    assert [one.old for one in find_edits("甲子丑寅乙", "乙子丑寅甲", work)] == ["甲子丑寅乙"]
    assert work.whole_passages == 1


def test_further_changes_are_counted() -> None:
    result = checked(["甲"] * (MOST_LISTED + 9), ["乙"] * (MOST_LISTED + 9))
    assert len(result.changes) == MOST_LISTED
    assert sum(result.counts.values()) == MOST_LISTED + result.not_listed


def test_the_last_edit_joins_further_ones() -> None:
    old, edits = "abcdef", [Edit(start=at, old="abcdef"[at], new="x") for at in (0, 2, 4)]
    assert limited(edits, old, 2) == [edits[0], Edit(start=2, old="cde", new="xdx")]
    assert limited(edits, old, 3) == edits
    assert limited([], old, 3) == []
