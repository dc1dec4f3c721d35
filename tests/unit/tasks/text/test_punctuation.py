"""Punctuation defects, and what remains after their correction."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.text.punctuation import Defect, DefectKind, punctuation_defects

MARKS = st.text(alphabet='甲乙a1，。、；：？！,.:;?!()（）“”"《》〈〉…\n ', max_size=40)


def defects(text: str) -> list[Defect]:
    return punctuation_defects(text, [(0, len(text))])


def corrected(text: str) -> str:
    for defect in reversed(defects(text)):
        if defect.replacement is not None:
            text = text[: defect.start] + defect.replacement + text[defect.end :]
    return text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("按时报送，。", "按时报送。"),
        ("按时报送。，", "按时报送。"),
        ("甲、，乙", "甲，乙"),
        ("甲；，乙", "甲；乙"),
        ("如下：，", "如下："),
        ("甲，，，乙。。", "甲，乙。"),
        ("甲。。。", "甲……"),
        ("甲,乙;丙.", "甲，乙；丙。"),
        ("一.甲乙", "一、甲乙"),
        ("甲(GB 9704)乙", "甲(GB 9704)乙"),
        ("甲(试行)乙（丙)", "甲（试行）乙（丙）"),
        ('甲"乙"丙', "甲“乙”丙"),
        ('甲 "A" 乙', "甲 “A” 乙"),
        ('He said "yes" to 甲', 'He said "yes" to 甲'),
        ("“甲“乙”丙”", "“甲‘乙’丙”"),
        ("《修改《甲法》的决定》", "《修改〈甲法〉的决定》"),
        ("《甲法》、《乙法》", "《甲法》《乙法》"),
        ("甲 乙", "甲乙"),
    ],
)
def test_a_defect_is_corrected(text: str, expected: str) -> None:
    assert corrected(text) == expected


@pytest.mark.parametrize("text", ["：。", "；：", "？？", "！！！", "。？"])
def test_a_run_with_several_possible_marks_is_left_to_a_person(text: str) -> None:
    (defect,) = defects(f"甲{text}")
    assert (defect.kind, defect.replacement) == (DefectKind.adjacent, None)


def test_a_quotation_of_several_paragraphs_is_closed_in_the_last() -> None:
    text = "“甲。\n“乙。”\n“丙。"
    spans = [(0, 3), (4, 8), (9, 12)]
    (defect,) = punctuation_defects(text, spans)
    assert (defect.kind, defect.start) == (DefectKind.unpaired, 9)


@given(MARKS)
def test_defects_are_in_order_and_do_not_overlap(text: str) -> None:
    found = defects(text)
    assert all(one.end <= other.start for one, other in pairwise(found))
    assert all(0 <= one.start < one.end <= len(text) for one in found)
