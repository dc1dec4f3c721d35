"""Columns of a PDF's pages are read one after the other, in whatever order the file has them."""

from __future__ import annotations

from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from documents.document import BlockKind
from documents.read import read
from standin.documents.builders import LIMITS, as_pdf, drawn_pdf, saved

SIZE, LINES = 10, 8
ROWS = (("事项", "时限"), ("营业执照", "三日"), ("卫生许可", "七日"))


def prose(column: int, characters: int) -> list[str]:
    """The lines of a justified column, each of which says where it stands."""
    digits = "零一二三四五六七八九"
    return [
        f"第{digits[column]}栏{digits[line]}行".ljust(characters, "文") for line in range(LINES)
    ]


def page(columns: int, gutter: float, drawn: str, *, table: bool = False) -> bytes:
    """A title over columns whose lines are drawn `across` the page, by `column`, or `apart`.

    Lines `apart` stand half a line lower in each further column. A table may divide the columns.
    """
    width = (480 - gutter * (columns - 1)) // columns // SIZE
    texts = [prose(number, int(width)) for number in range(1, columns + 1)]

    def draw(canvas: Canvas) -> None:
        canvas.setFont("STSong-Light", SIZE)
        canvas.drawString(250, 780, "工作简报")
        places = [(line, column) for line in range(LINES) for column in range(columns)]
        if drawn == "column":
            places.sort(key=lambda place: place[::-1])
        for line, column in places:
            lower = SIZE / 2 * column if drawn == "apart" else 0
            left = 60 + column * (width * SIZE + gutter)
            canvas.drawString(left, 750 - 1.5 * SIZE * line - lower, texts[column][line])
        for at, row in enumerate(ROWS if table else ()):
            for cell, left in zip(row, (80, 300), strict=True):
                canvas.drawString(left, 560 - 1.5 * SIZE * at, cell)

    as_pdf([])  # registers the font
    return drawn_pdf(draw)


@pytest.mark.parametrize("drawn", ["across", "column", "apart"])
@pytest.mark.parametrize("gutter", [10, 25])
@pytest.mark.parametrize("columns", [2, 3, 4])
def test_columns_are_read_one_after_the_other(
    tmp_path: Path, columns: int, gutter: float, drawn: str
) -> None:
    document = read(saved(tmp_path, page(columns, gutter, drawn)), LIMITS)
    width = int((480 - gutter * (columns - 1)) // columns // SIZE)
    wanted = ["工作简报", *("".join(prose(number, width)) for number in range(1, columns + 1))]
    assert document.text.split("\n\n") == wanted


def test_a_table_below_columns_stays_a_table(tmp_path: Path) -> None:
    document = read(saved(tmp_path, page(2, 25, "across", table=True)), LIMITS)
    *_, last = document.blocks
    assert last.kind is BlockKind.table
    assert document.text[last.start : last.end] == "\n".join(map("\t".join, ROWS))


def test_a_table_without_rules_is_read_row_by_row(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        for at in range(8):
            canvas.drawString(80, 700 - 20 * at, f"item {at}")
            canvas.drawString(300, 700 - 20 * at, f"{at} days")

    (block,) = read(saved(tmp_path, drawn_pdf(draw)), LIMITS).blocks
    assert block.kind is BlockKind.table


@pytest.mark.parametrize("drawn", ["by cell", "across"])
def test_a_table_whose_cells_wrap_is_no_columns(tmp_path: Path, drawn: str) -> None:
    rows = [
        ("主要任务", "经费", "牵头单位和参加单位"),
        ("清理各处室积压的档案并登记/造册入库", "1,200.5", "办公室会同档案局和信息中心"),
        ("培训档案工作人员", "880", "人事处会同办公室和各业务处/室以及所属事业单位"),
        (
            "建立电子档案移交与接收的办/法并组织实施",
            "",
            "信息中心会同各业务处室以及/所属事业单位办理",
        ),
        *[("按季度通报各单位档案工作的/情况并督促整改", "9", "办公室会同纪检监察机关办理")] * 5,
    ]
    places: list[tuple[float, float, str]] = []
    top = 740.0
    for row in rows:
        high = max(cell.count("/") for cell in row)
        for left, cell in zip((60, 220, 300), row, strict=True):
            below = 7 * (high - cell.count("/"))
            places += [(top - below - 14 * at, left, one) for at, one in enumerate(cell.split("/"))]
        top -= 14 * high + 22
    if drawn == "across":
        places.sort(key=lambda place: (-place[0], place[1]))

    def draw(canvas: Canvas) -> None:
        canvas.setFont("STSong-Light", SIZE)
        canvas.drawString(60, 780, "任务分工如下。")
        for baseline, left, words in places:
            canvas.drawString(left, baseline, words)
        canvas.drawString(60, top - 30, "请遵照执行。")

    as_pdf([])  # registers the font
    document = read(saved(tmp_path, drawn_pdf(draw)), LIMITS)
    table = "\n".join("\t".join(row).replace("/", "") for row in rows)
    assert document.text.split("\n\n") == ["任务分工如下。", table, "请遵照执行。"]
    assert [one.kind for one in document.blocks][1] is BlockKind.table


@pytest.mark.parametrize("drawn", ["by block", "across"])
def test_heads_beside_paragraphs_are_read_before_them(tmp_path: Path, drawn: str) -> None:
    pairs = [("材料的/提交方式", 4), ("受理机关/审查职责/与程序", 5), ("送达", 2)]
    places: list[tuple[float, float, str]] = []
    wanted = []
    top = 740.0
    for number, (head, lines) in enumerate(pairs, 1):
        body = prose(number, 30)[:lines]
        body[-1] = body[-1][:20]
        places += [(top - 15 * at, 60, one) for at, one in enumerate(head.split("/"))]
        places += [(top - 15 * at, 160, one) for at, one in enumerate(body)]
        wanted += [head.replace("/", ""), "".join(body)]
        top -= 15 * lines + 10
    if drawn == "across":
        places.sort(key=lambda place: (-place[0], place[1]))

    def draw(canvas: Canvas) -> None:
        canvas.setFont("STSong-Light", SIZE)
        for baseline, left, words in places:
            canvas.drawString(left, baseline, words)

    as_pdf([])  # registers the font
    document = read(saved(tmp_path, drawn_pdf(draw)), LIMITS)
    assert document.text.split("\n\n") == wanted
