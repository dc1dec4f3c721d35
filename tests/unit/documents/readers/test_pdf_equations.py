"""Fractions and roots of PDF pages keep their value; underlines and tables are no fractions."""

from __future__ import annotations

import pytest

from documents.page.page_lines import Glyph, lines
from documents.page.rulings import Ruling
from documents.readers.pdf.equations import with_equations
from documents.readers.pdf.raised import with_powers

END = [Glyph("\r", None, is_generated=True), Glyph("\n", None, is_generated=True)]


def text(words: str, left: float, bottom: float, size: float = 12) -> list[Glyph]:
    """Characters beside one another; `bottom` is the lower edge of their boxes."""
    glyphs, x = [], left
    for char in words:
        width = size if ord(char) > 0x2E80 else size / 2
        glyphs.append(Glyph(char, (x, bottom - size, x + width, bottom)))
        x += width
    return glyphs


def fraction(
    above: str, below: str, left: float, rule: float = 93, size: float = 10
) -> tuple[list[Glyph], Ruling]:
    """A fraction whose wider part is as wide as its rule, in two lines of the text layer."""
    parts = [text(part, 0, rule + shift, size) for part, shift in ((above, 1), (below, 11))]
    widths = [part[-1].box[2] for part in parts if part[-1].box]
    for part, width in zip(parts, widths, strict=True):
        shift = left + (max(widths) - width) / 2
        part[:] = [moved(glyph, shift) for glyph in part]
    return [*parts[0], *END, *parts[1]], Ruling(rule, left, left + max(widths))


def moved(glyph: Glyph, shift: float) -> Glyph:
    if glyph.box is None:
        return glyph
    left, top, right, bottom = glyph.box
    return glyph._replace(box=(left + shift, top, right + shift, bottom))


def shown(
    glyphs: list[Glyph], rules: list[Ruling], columns: list[Ruling] | None = None
) -> list[str]:
    found = with_powers(with_equations(glyphs, rules, columns or []))
    return [line.text for line in lines(found)]


@pytest.mark.parametrize(
    ("before", "above", "below", "after", "line"),
    [
        ("合格率为", "1", "2", "以上", "合格率为1/2以上"),
        ("S=", "(a+b)h", "2", "", "S=((a+b)h)/2"),
        ("合格率=", "合格数", "抽检总数", "×100%", "合格率=合格数/抽检总数×100%"),
        ("共3", "1", "4", "吨", "共3 1/4吨"),
        ("", "12", "25", "×8", "12/25×8"),
        ("of", "3", "4", "the", "of 3/4 the"),
    ],
)
def test_a_fraction_stands_in_the_line_of_its_text(
    before: str, above: str, below: str, after: str, line: str
) -> None:
    left = text(before, 50, 100)
    start = left[-1].box[2] + 3 if left and left[-1].box else 50
    inside, rule = fraction(above, below, start)
    right = text(after, rule.end + 3, 100)
    below_it = text("下一行的文字", 50, 120)
    glyphs = [*left, *END, *inside, *END, *right, *END, *below_it]
    assert shown(glyphs, [rule]) == [line, "下一行的文字"]


def test_fractions_roots_and_powers_are_parts_of_others() -> None:
    inner, rule = fraction("1", "n", 80, 86, 8)
    above = [*text("1+", 68, 92), *END, *inner]
    outer = Ruling(94, 67, 90)
    glyphs = [*text("z=", 50, 100), *END, *above, *END, *text("k", 76, 106)]
    assert shown(glyphs, [outer, rule]) == ["z=(1+1/n)/k"]
    powers = [*text("x", 66, 94), *text("2", 72, 89, 7), *END, *text("3", 68, 105)]
    glyphs = [*text("y=", 50, 100), *powers, *END, *text("+1", 82, 100)]
    assert shown(glyphs, [Ruling(94, 65, 78)]) == ["y=(x^2)/3+1"]


def test_a_fraction_follows_the_text_before_it_in_any_order_of_the_file() -> None:
    inside, rule = fraction("1", "2", 70)
    before, after = text("甲乙", 44, 100), text("丙", rule.end + 3, 100)
    chars = "".join(one.char for one in with_equations([*after, *before, *inside], [rule], []))
    assert chars == "丙甲乙1/2"


def test_what_is_beneath_a_root_is_in_parentheses() -> None:
    glyphs = [*text("q=√x+1", 50, 100), *text("+5", 90, 100)]
    assert shown(glyphs, [Ruling(88, 68, 86)]) == ["q=√(x+1)+5"]
    assert shown([*text("√16+5", 50, 100)], [Ruling(88, 56, 68)]) == ["√16+5"]


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param(Ruling(99, 74, 98), id="underlined"),
        pytest.param(Ruling(94, 74, 98), id="struck out"),
        pytest.param(Ruling(96, 74, 98), id="struck out below the middle"),
        pytest.param(Ruling(106, 50, 122), id="between lines"),
    ],
)
def test_rules_in_text_are_no_fractions(rule: Ruling) -> None:
    rows = [text("税率改为百分", 50, 100 + 12 * row) for row in (-1, 0, 1)]
    glyphs = [glyph for row in rows for glyph in (*row, *END)]
    assert shown(glyphs, [rule]) == ["税率改为百分"] * 3


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param(Ruling(93, 68, 120), id="longer"),
        pytest.param(Ruling(93, 94, 98), id="shorter"),
        pytest.param(Ruling(93, 84, 110), id="aside"),
    ],
)
def test_a_rule_of_another_width_than_the_text_is_no_fraction(rule: Ruling) -> None:
    inside, _ = fraction("123", "456", 84)
    right = text("乙", rule.end + 3, 100)
    glyphs = [*text("甲", rule.start - 14, 100), *END, *inside, *END, *right]
    assert "/" not in "".join(shown(glyphs, [rule]))


def test_rows_of_a_table_beside_their_label_are_no_fraction() -> None:
    inside, rule = fraction("12", "24", 80)
    label = text("比例", 50, 100)
    assert shown([*label, *END, *inside], [rule]) == ["比例", "12", "24"]
    unit = text("吨", rule.end + 3, 100)
    columns = [Ruling(rule.end + 0.5, 60, 120)]
    glyphs = [*label, *END, *inside, *END, *unit]
    assert len(shown(glyphs, [rule], columns)) > 1
    assert shown(glyphs, [rule]) == ["比例12/24吨"]


def cells(gap: float, label: str = "合计") -> tuple[list[Glyph], list[Ruling]]:
    """Two rows of two cells between a label and a unit that belong to both rows."""
    first, rule = fraction("12", "13", 76)
    second, other = fraction("24", "25", rule.end + gap)
    glyphs = [*text(label, 74 - 12 * len(label), 100), *END, *first, *END, *second, *END]
    return [*glyphs, *text("吨", other.end + 2, 100)], [rule, other]


def test_rows_of_several_cells_are_no_fractions() -> None:
    for label in ("合计", "A"):
        glyphs, rules = cells(6, label)
        assert "/" not in "".join(shown(glyphs, rules))
    glyphs, rules = cells(5)
    (across,) = [Ruling(93, rules[0].start, rules[1].end)]
    assert "/" not in "".join(shown(glyphs, [across]))


def test_fractions_beside_one_another_are_two() -> None:
    first, rule = fraction("1", "2", 76)
    plus = text("+", rule.end + 2, 100)
    second, other = fraction("3", "4", rule.end + 10)
    glyphs = [*text("x=", 61, 100), *first, *END, *plus, *END, *second, *END]
    assert shown(glyphs, [rule, other]) == ["x=1/2+3/4"]


def test_a_sum_below_its_rule_is_no_fraction() -> None:
    inside, rule = fraction("5,678", "6,912", 90)
    assert shown([*text("1,234", 90, 80), *END, *inside], [rule]) == ["1,234", "5,678", "6,912"]
