"""`parse`: ruled tables that a browser draws over several pages: one table, its head once, no row
lost, the cells that span others, and the text of rows that a page break divides.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.quality.measure import Measure
from bench.quality.order_pages import printed
from documents.document import BlockKind, Document
from documents.limits import ReadLimits
from documents.read import read
from standin.documents.builders import saved

TABLES = 24
TARGET = 0.95
_LIMITS = ReadLimits(max_chars=5_000_000, max_pages=1_000)
_STYLE = """@page { size: A4; margin: 22mm 20mm } body { font: 12pt/1.5 'Noto Serif CJK SC', serif }
section { break-after: page } table { border-collapse: collapse; width: 100% }
td, th { border: 1px solid; padding: 2px 6px } .once thead { display: table-row-group }
.whole tr { break-inside: avoid }"""
_HEAD = (
    "<tr><th rowspan=2>事项</th><th colspan=2>件数</th><th rowspan=2>说明</th></tr>"
    "<tr><th>上半年</th><th>下半年</th></tr>"
)
_SPANS = {(0, 0, 2, 1), (0, 1, 1, 2), (0, 3, 2, 1)}
Rows = list[list[str]]


def measures() -> Iterator[Measure]:
    wanted = [_rows(number) for number in range(TABLES)]
    ways = [
        ("once " if number % 2 else "") + ("whole" if number % 4 > 1 else "")
        for number in range(TABLES)
    ]
    body = "".join(map(_section, wanted, ways))
    with tempfile.TemporaryDirectory() as folder:
        document = read(saved(Path(folder), printed(body, _STYLE)), _LIMITS)
    found = _found(document)
    rows = [row for one in wanted for row in one]
    joined = sum(any(one == rows for rows, _ in found) for one in wanted)
    kept = {tuple(row) for rows, _ in found for row in rows}
    right = sum(spans == _SPANS for _, spans in found)
    yield Measure("parse", "tables over pages joined exactly", TABLES, joined / TABLES, TARGET)
    yield Measure(
        "parse",
        "rows of tables over pages",
        len(rows),
        sum(tuple(row) in kept for row in rows) / len(rows),
        TARGET,
    )
    yield Measure(
        "parse",
        "spans and heads of tables over pages",
        len(found),
        right / max(1, len(found)),
        TARGET,
    )


def _rows(number: int) -> Rows:
    chance = random.Random(number)
    note = "办理时应当提交申请书和有关的证明材料，"
    return [
        [
            f"第{number}类第{at}号事项",
            str(chance.randint(1, 999)),
            str(chance.randint(1, 999)),
            note * chance.randint(1, 4),
        ]
        for at in range(chance.randint(25, 70))
    ]


def _section(rows: Rows, way: str) -> str:
    cells = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    table = f'<table class="{way}"><thead>{_HEAD}</thead>{cells}</table>'
    return f"<section><p>下表列出各类事项。</p>{table}<p>以上事项按时办结。</p></section>"


def _found(document: Document) -> list[tuple[Rows, set[tuple[int, int, int, int]]]]:
    """The rows of each table below its head, and its spans."""
    known = {table.start: table for table in document.tables}
    found = []
    for block in document.blocks:
        if block.kind is BlockKind.table:
            table = known.get(block.start)
            rows = [
                ["".join(cell.split()) for cell in line.split("\t")]
                for line in document.text[block.start : block.end].split("\n")
            ]
            spans = table.spans if table else ()
            head = table.head_rows if table else 0
            found.append(
                (rows[head:], {(one.row, one.column, one.rows, one.columns) for one in spans})
            )
    return found
