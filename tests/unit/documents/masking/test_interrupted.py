"""Values that a file shows are found in its text with other characters between theirs."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from documents.masking.interrupted import interrupted
from documents.masking.replacement import applied

PHONE = "13812341234"


@dataclass(frozen=True)
class Found:
    value: str
    start: int = 0
    end: int = 0
    replacement: str = "***"
    label: str = "mobile"


@pytest.mark.parametrize(
    ("words", "masked"),
    [
        ("电话1389123491234。", "电话***。"),
        ("1389123491234与138^9 12341234", "***与***"),
        ("1x3x8x1x2x3x4x1x2x3x4", "***"),
        ("138另有五个字12341234", "138另有五个字12341234"),
        (PHONE, PHONE),
        ("111138123412", "111138123412"),
    ],
)
def test_a_value_with_up_to_four_characters_between_its_own_is_found(
    words: str, masked: str
) -> None:
    assert applied(words, interrupted(words, [Found(PHONE)])) == masked


def test_a_short_value_is_not_looked_for() -> None:
    assert interrupted("张x三", [Found("张三")]) == []
