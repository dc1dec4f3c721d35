"""Which lines of a page are one paragraph."""

from __future__ import annotations

from dataclasses import replace

from documents.page.blocks import Line, blocks

RIGHT = 500.0


def paragraph(
    top: float, count: int, *, size: float, step: float, left: float = 60, indent: float = 2
) -> list[Line]:
    """Full lines, save the last one, `step` heights apart."""
    lines = []
    for row in range(count):
        start = left + (indent * size if row == 0 else 0)
        end = RIGHT if row < count - 1 else start + 6 * size
        text = "档" * round((end - start) / size)
        y = top + row * step * size
        lines.append(Line((text,), (start, y, end, y + size), size, 2 * size))
    return lines


def below(lines: list[Line], by: float) -> float:
    return lines[-1].box[1] + by


def texts(lines: list[Line]) -> list[int]:
    """The number of characters of each paragraph."""
    return [len(block.text) for block in blocks(lines)]


def lengths(*groups: list[Line]) -> list[int]:
    return [sum(len(line.text) for line in group) for group in groups]


def test_wide_text_above_tight_notes_stays_in_paragraphs() -> None:
    one = paragraph(80, 4, size=15, step=1.9)
    two = paragraph(below(one, 28.5), 3, size=15, step=1.9)
    notes = paragraph(below(two, 28.5), 6, size=10, step=1.25)
    more = paragraph(below(notes, 12.5), 6, size=10, step=1.25)
    assert texts([*one, *two, *notes, *more]) == lengths(one, two, notes, more)


def test_wide_text_beside_a_tight_quotation_of_the_same_size_stays_in_paragraphs() -> None:
    one = paragraph(80, 3, size=13, step=2)
    quoted = paragraph(below(one, 22), 4, size=13, step=1.3, left=86, indent=0)
    two = paragraph(below(quoted, 22), 3, size=13, step=2)
    again = paragraph(below(two, 22), 4, size=13, step=1.3, left=86, indent=0)
    page = [*one, *quoted, *two, *again]
    assert texts(page) == lengths(one, quoted, two, again)


def test_lines_with_words_in_a_higher_font_stay_in_their_paragraph() -> None:
    lines = paragraph(80, 8, size=14, step=1.5)
    mixed = []
    for at, one in enumerate(lines):
        (left, top, right, bottom), higher = one.box, 4 * (at % 2)
        mixed.append(replace(one, box=(left, top - higher, right, bottom + higher)))
    assert len(texts(mixed)) == 1


def test_paragraphs_with_a_space_between_them_stay_apart() -> None:
    one = paragraph(80, 3, size=12, step=1.2, indent=0)
    full = one[-1]
    one[-1] = Line(("档" * 36,), (60, full.box[1], RIGHT, full.box[3]), 12, 24)
    two = paragraph(below(one, 26), 3, size=12, step=1.2, indent=0)
    assert texts([*one, *two]) == lengths(one, two)


def test_rows_of_a_table_set_no_margin_for_prose() -> None:
    prose = paragraph(80, 4, size=12, step=1.6)
    cells = ("项目", "金额")
    tops = (220, 240, 260)
    table = [Line(cells, (60, top, RIGHT + 60, top + 12), 12, 24) for top in tops]
    assert texts([*prose, *table])[0] == lengths(prose)[0]


def test_narrow_columns_below_wide_ones_stay_in_paragraphs() -> None:
    def column(left: float, right: float, top: float) -> list[Line]:
        full = paragraph(top, 5, size=10, step=1.5, left=left)
        return [
            replace(line, box=(line.box[0], line.box[1], min(line.box[2], right), line.box[3]))
            for line in full
        ]

    wide = [column(60, 280, 80), column(300, 500, 80)]
    narrow = [column(60, 190, 300), column(210, 350, 300), column(370, 500, 300)]
    page = [line for group in (*wide, *narrow) for line in group]
    assert texts(page) == lengths(*wide, *narrow)
