"""Tables over two pages: drawn with reportlab, read as a document."""

from __future__ import annotations

import asyncio
import io
import json
import pickle
from collections.abc import Sequence
from pathlib import Path

import pytest
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from documents.document import BlockKind, Document
from documents.isolation import child, responses
from documents.read import read
from documents.table import Span
from standin.documents.builders import LIMITS, saved

HEIGHT = A4[1]
EDGES = (60.0, 160.0, 240.0, 360.0)
HEAD = ("事项", "数量", "说明")
Rows = Sequence[Sequence[str]]


class Pages:
    """Draws tables and lines of text; heights are from the top."""

    def __init__(self) -> None:
        pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
        self._file = io.BytesIO()
        self._canvas = Canvas(self._file, pagesize=A4, invariant=1)
        self._canvas.setFont("STSong-Light", 12)

    def text(self, words: str, y: float, x: float = 60) -> Pages:
        self._canvas.drawString(x, HEIGHT - y, words)
        return self

    def rule(self, start: tuple[float, float], end: tuple[float, float]) -> Pages:
        self._canvas.line(start[0], HEIGHT - start[1], end[0], HEIGHT - end[1])
        return self

    def table(
        self,
        rows: Rows,
        top: float,
        *,
        edges: Sequence[float] = EDGES,
        closed: bool = True,
        ruled: bool = True,
    ) -> Pages:
        bottom = top + 20 * len(rows)
        for at, row in enumerate(rows):
            for words, left in zip(row, edges, strict=False):
                self.text(words, top + 20 * at + 14, left + 4)
        levels = range(len(rows) + (1 if closed else 0))
        for y in [top + 20 * at for at in levels] if ruled else []:
            self.rule((edges[0], y), (edges[-1], y))
        for x in edges if ruled else ():
            self.rule((x, top), (x, bottom))
        return self

    def turn(self) -> Pages:
        self._canvas.showPage()
        self._canvas.setFont("STSong-Light", 12)
        return self

    def read(self, folder: Path) -> Document:
        self._canvas.showPage()
        self._canvas.save()
        return read(saved(folder, self._file.getvalue()), LIMITS)


def numbered(first: int, count: int) -> list[tuple[str, str, str]]:
    return [(f"第{at}件", str(10 * at), "按时办结") for at in range(first, first + count)]


def lower(rows: Rows) -> float:
    """The top of a table that ends at the bottom of its page."""
    return 780 - 20 * len(rows)


def tables(document: Document) -> list[str]:
    return [
        document.text[block.start : block.end]
        for block in document.blocks
        if block.kind is BlockKind.table
    ]


@pytest.mark.parametrize("ruled", [True, False])
def test_a_table_over_two_pages_is_one_with_its_head_once(tmp_path: Path, *, ruled: bool) -> None:
    first, second = [HEAD, *numbered(1, 5)], [HEAD, *numbered(6, 4)]
    drawn = Pages().text("下表列出办件。", 60).table(first, lower(first), ruled=ruled).turn()
    document = drawn.table(second, 80, ruled=ruled).text("以上为全部办件。", 300).read(tmp_path)
    whole = "\n".join("\t".join(row) for row in [HEAD, *numbered(1, 9)])
    assert tables(document) == [whole]
    (table,) = document.tables
    assert table.head_rows == 1
    assert [(part.page, part.row) for part in table.parts] == [(1, 0), (2, 6)]
    block = next(one for one in document.blocks if one.kind is BlockKind.table)
    assert document.page_at(block.start + whole.index("第5件")) == 1
    page, box = document.place_at(block.start + whole.index("第6件"))
    assert page == 2
    assert box is not None
    assert box[1] < 120


def test_words_and_running_heads_between_the_parts(tmp_path: Path) -> None:
    first, second = [HEAD, *numbered(1, 5)], numbered(6, 4)

    def pages(between: str) -> Pages:
        drawn = Pages().text("办件统计月报", 30, 250).table(first, lower(first))
        drawn.text("— 1 —", 810, 280).turn().text("办件统计月报", 30, 250)
        return drawn.text(between, 70).table(second, 90).text("— 2 —", 810, 280)

    assert len(tables(pages("").read(tmp_path))) == 1
    continued = pages("表1（续）").read(tmp_path)
    assert len(tables(continued)) == 1
    assert "表1（续）" in continued.text
    assert len(tables(pages("其他办件如下。").read(tmp_path))) == 2


def test_other_columns_or_another_head_are_another_table(tmp_path: Path) -> None:
    first, second = [HEAD, *numbered(1, 5)], [("地点", "面积数", "用途"), *numbered(6, 4)]
    drawn = Pages().table(first, lower(first)).turn()
    assert len(tables(drawn.table(second, 80).read(tmp_path))) == 2
    drawn = Pages().table(first, lower(first)).turn()
    wider = drawn.table(numbered(6, 4), 80, edges=(60.0, 190.0, 240.0, 360.0))
    assert len(tables(wider.read(tmp_path))) == 2
    high = Pages().table(first, 80).turn().table(numbered(6, 4), 80)
    assert len(tables(high.read(tmp_path))) == 2


def test_a_row_that_the_page_break_divides_is_one(tmp_path: Path) -> None:
    first = [HEAD, *numbered(1, 4), ("第5件", "50", "材料不全退回并")]
    second = [("", "", "告知理由"), *numbered(6, 4)]
    for closed in (True, False):
        drawn = Pages().table(first, lower(first), closed=closed).turn().table(second, 80)
        (text,) = tables(drawn.read(tmp_path))
        assert "第5件\t50\t材料不全退回并告知理由\n第6件" in text
    # A cell that had room is complete: the next row begins without a name.
    short = [*first[:-1], ("第5件", "50", "退回")]
    (text,) = tables(Pages().table(short, lower(short)).turn().table(second, 80).read(tmp_path))
    assert "退回\n\t\t告知理由\n" in text


def test_an_open_row_continues_in_its_first_cell_too(tmp_path: Path) -> None:
    first = [HEAD, *numbered(1, 4), ("第5件材料", "50", "材料不全")]
    drawn = Pages().table(first, lower(first), closed=False).turn()
    (text,) = tables(drawn.table([("补正", "", "退回"), *numbered(6, 4)], 80).read(tmp_path))
    assert "第5件材料补正\t50\t材料不全退回\n" in text


def test_the_parts_pass_from_one_process_to_another(tmp_path: Path) -> None:
    first = [HEAD, *numbered(1, 5)]
    document = Pages().table(first, lower(first)).turn().table(numbered(6, 3), 80).read(tmp_path)
    sent = json.loads(json.dumps(child._document_json(document)))
    assert asyncio.run(responses.document(sent)) == document
    assert pickle.loads(pickle.dumps(document)) == document


def test_spans_below_a_repeated_head_move_up(tmp_path: Path) -> None:
    first = [HEAD, *numbered(1, 5)]
    drawn = Pages().table(first, lower(first)).turn().table([HEAD, *numbered(6, 1)], 80)
    # A row whose cells are merged.
    drawn.rule((60, 140), (360, 140)).rule((60, 120), (60, 140)).rule((360, 120), (360, 140))
    document = drawn.text("合计六件", 134, 64).read(tmp_path)
    assert tables(document)[0].endswith("\n合计六件")
    assert document.tables[0].spans == (Span(7, 0, 1, 3),)
