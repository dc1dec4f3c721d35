from __future__ import annotations

import pytest

from documents.ooxml.formulas import joined_constants


@pytest.mark.parametrize(
    ("formula", "constants"),
    [
        ('"甲"&"乙"', "甲乙"),
        ('CONCATENATE("甲",A1,"乙")', "甲乙"),
        ('"甲""乙"&"丙"', '甲"乙丙'),
        ('138&"1234"&1234', "13812341234"),
        ("A138&B12", ""),
        ("'1月'!A1&\"甲\"&2", "甲2"),
        ('IF(A1>100,"是","否")', "是否"),
        ("SUM(13,81,23,41,23,4)", ""),
        ('"甲"', ""),
        ('"甲', ""),
    ],
)
def test_the_constants_of_a_formula_are_joined(formula: str, constants: str) -> None:
    assert joined_constants(formula) == constants
