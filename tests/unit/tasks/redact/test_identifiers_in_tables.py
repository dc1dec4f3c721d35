"""Finds identifiers with their characters or groups in the cells of a table, and no figures."""

from __future__ import annotations

import random

import pytest

from tasks.redact.finder import Finder, Targets
from tasks.redact.kinds import Kind
from tests.unit.tasks.redact.finding import found, masked


def cells(row: str, gap: str = "\t") -> str:
    return gap.join(row)


@pytest.mark.parametrize("gap", ["\t", "\n\t", " \t "])
def test_a_number_with_one_character_a_cell_is_found_and_masked_in_its_cells(gap: str) -> None:
    person, phone = cells("11010519491231002X", gap), cells("13812341234", gap)
    text = f"证件号\t{person}\n电话\t{phone}\t备注"
    assert found(text) == [(Kind.identity_number, person), (Kind.mobile, phone)]
    hidden = cells("11*************02X", gap), cells("138****1234", gap)
    assert masked(text) == text.replace(person, hidden[0]).replace(phone, hidden[1])


@pytest.mark.parametrize(
    "row",
    [
        "1\t3\t8\t1\t2\t3\t4\t1\t2\t3\t4\t5",
        "1\t3\t8\t1\t2\t3\t4\t1\t2\t3",
        "13\t81\t23\t41\t23\t4",
        "138\t1234\t1234",
        "110105\t19491231\t0021",
        "11\t01\t05\t19\t49\t12\t31\t00\t2X",
        "1\t2\t3\t4\t5\t6\t7\t8\t9\t0\t1",
        "3\t5\t2\t1\t7\t4\t6\t7\t2\t3\t1\t4",
        "3\t5\t2\t1\t7\t4\t6\t7\t2\t3\t1\t4\t1\t1\t1\t8",
    ],
)
def test_the_figures_of_a_table_are_not_joined(row: str) -> None:
    assert found(f"件数\t{row}\n次年\t{row}\t合计") == []


@pytest.mark.parametrize("row", ["110105\t19491231\t002X", "110105\n\t1949\n\t12\n\t31\n\t002X"])
def test_an_identity_number_with_its_parts_in_cells_is_masked_in_its_cells(row: str) -> None:
    assert found(f"件数\t{row}\t合计") == [(Kind.identity_number, row)]
    assert masked(row).replace("\t", "").replace("\n", "") == "11*************02X"
    assert masked(row).count("\t") == row.count("\t")


def test_a_bank_card_with_one_digit_a_cell_is_found() -> None:
    card = cells("6222021234567894")
    assert found(f"甲\t{card}\t乙") == [(Kind.bank_card, card)]
    labelled = cells("123456789012")
    assert found(f"账号\t{labelled}\t乙") == [(Kind.bank_card, labelled)]


def test_a_term_with_one_character_a_cell_is_found() -> None:
    finder = Finder(Targets(frozenset(), ["白鹭湖项目"]))
    term = cells("白鹭湖项目", "\n\t")
    text = f"名称\t{term}\n备注\t白鹭\t湖项目"
    assert [text[one.start : one.end] for one in finder.find(text)] == [term]


FIGURES = [
    [["150", "2300", "4100"], ["162", "2450", "4230"], ["175", "2612", "4418"]],
    # Numbers with zeros before them, in a column of such numbers.
    [["150", "0012", "4100"], ["162", "0013", "4230"]],
    [["150", "0999", "4100"]],
    [["2021", "2022", "2023", "2024"], ["6222", "0212", "3456", "7894"]],
    # The second row would have a valid check digit.
    [["6210", "7431", "5522", "6104"], ["6222", "0212", "3456", "7894"]],
    [["6222", "0212", "3456", "7894", "8012"]],
    [["5512", "6222", "0212", "3456", "7894"]],
    [["4539", "5787", "6362", "1486"]],
    [["1234", "5678", "1234", "5670"]],
]
SEPARATORS = ["\t", "\n\t", " | "]


def table(rows: list[list[str]], heading: str, gap: str) -> str:
    end = "\n\t\n" if gap == "\n\t" else "\n"
    lines = [[heading, "甲", "乙", "丙"], *(["合计", *row] for row in rows)]
    return "".join(gap.join(line) + end for line in lines)


@pytest.mark.parametrize("gap", SEPARATORS)
@pytest.mark.parametrize("rows", FIGURES)
def test_the_figures_of_several_rows_are_not_joined(rows: list[list[str]], gap: str) -> None:
    assert found(table(rows, "项目", gap)) == []


def test_years_after_the_word_account_are_no_card() -> None:
    assert found("账户\t2021\t2022\t2023\t2024\n余额\t3512\t4410\t4713\t5001") == []


def test_tables_of_random_figures_are_clean() -> None:
    figures = random.Random(14)
    for lows in ((1000, 1000, 1000, 1000), (100, 1000, 1000)):
        for _ in range(300):
            rows = [[str(figures.randrange(low, 10 * low)) for low in lows] for _ in range(8)]
            assert found(table(rows, "项目", "\t")) == []


CARDS = [["6222", "0212", "3456", "7894"], ["6212", "3456", "7890", "1234", "569"]]
PHONES = [["138", "1234", "0678"], ["159", "0012", "3456"], ["186", "2345", "6789"]]


@pytest.mark.parametrize("gap", SEPARATORS)
@pytest.mark.parametrize(
    ("rows", "heading", "kind"),
    [
        (CARDS[:1], "项目", Kind.bank_card),
        (CARDS, "项目", Kind.bank_card),
        ([["4539", "5787", "6362", "1486"]], "卡号", Kind.bank_card),
        (PHONES, "项目", Kind.mobile),
        (PHONES[2:], "电话", Kind.mobile),
        (PHONES[2:] * 60, "电话", Kind.mobile),
    ],
)
def test_numbers_with_a_group_in_each_cell_are_found(
    rows: list[list[str]], heading: str, kind: Kind, gap: str
) -> None:
    assert found(table(rows, heading, gap)) == [(kind, gap.join(row)) for row in rows]


def test_a_card_with_a_group_in_each_cell_is_masked_in_its_cells() -> None:
    row = "\t".join(CARDS[0])
    assert masked(f"合计\t{row}\t元") == "合计\t****\t****\t****\t7894\t元"
