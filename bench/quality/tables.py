"""`parse`: the cells of tables that a browser draws, with all rules, with some and with none.

As in ICDAR 2013's competition: the share of cells that are found as they are, and the F1 of the
pairs of neighbouring cells in rows and columns. Empty cells are passed over.
"""

from __future__ import annotations

import html
import random
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from bench.quality.measure import Measure
from bench.quality.order_pages import Drawn, as_pdf
from bench.quality.pages import find_font, law_paragraphs
from documents.document import BlockKind, Document
from documents.limits import ReadLimits
from documents.read import read
from standin.documents.builders import saved

PAGES = 120
TARGET = 0.85
_LIMITS = ReadLimits(max_chars=5_000_000, max_pages=1_000)
_RULES = {
    "all rules": "td { border: 1px solid }",
    "no rules": "",
    "rules along": "tr { border-bottom: 1px solid }",
    "rules around the head": "table, tr:first-child { border: 1px solid }",
    "rules between columns": "table { border: 1px solid } td { border-left: 1px solid }"
    " tr:first-child { border-bottom: 1px solid }",
}
Rows = list[list[str]]


def measures() -> Iterator[Measure]:
    find_font()  # a browser without one draws boxes, and leaves characters out
    tables = list(_tables(PAGES, [part for part in law_paragraphs() if len(part) > 20]))
    documents = _documents([drawn for drawn, _ in tables])
    for kind in ["", *_RULES]:
        chosen = [
            (rows, _rows(documents, number))
            for number, (drawn, rows) in enumerate(tables, start=1)
            if kind in ("", drawn.kind)
        ]
        target, name = (TARGET, "tables") if not kind else (None, f"tables with {kind}")
        cells = [cells_found(wanted, found) for wanted, found in chosen]
        pairs = [neighbours(wanted, found) for wanted, found in chosen]
        for what, figures in (("cells found", cells), ("F1 of neighbouring cells", pairs)):
            mean = round(sum(figures) / len(figures), 4)
            yield Measure("parse", f"{name}: {what}", len(figures), mean, target)


def cells_found(wanted: Rows, found: Rows) -> float:
    """The share of cells with words that are found with the same words."""
    listed = Counter(cell for row in wanted for cell in row if cell)
    common = listed & Counter(cell for row in found for cell in row)
    return common.total() / listed.total()


def neighbours(wanted: Rows, found: Rows) -> float:
    """The F1 of the pairs of cells beside and below one another."""
    one, other = _pairs(wanted), _pairs(found)
    return 2 * (one & other).total() / max(1, one.total() + other.total())


def _pairs(rows: Rows) -> Counter[tuple[str, str, str]]:
    wide = max(map(len, rows), default=0)
    columns = [[row[at] if at < len(row) else "" for row in rows] for at in range(wide)]
    pairs: Counter[tuple[str, str, str]] = Counter()
    for way, listed in (("beside", rows), ("below", columns)):
        for line in listed:
            cells = [cell for cell in line if cell]
            pairs.update((way, a, b) for a, b in pairwise(cells))
    return pairs


def _tables(count: int, sentences: Sequence[str]) -> Iterator[tuple[Drawn, Rows]]:
    for number in range(count):
        chance = random.Random(number)
        kind = list(_RULES)[number % len(_RULES)]
        rows = _drawn_rows(chance, sentences)
        cells = "".join(
            "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>"
            for row in rows
        )
        scope = f"#t{number}"
        rules = (
            _RULES[kind].replace("tr:first", f"{scope} tr:first").replace("td {", f"{scope} td {{")
        )
        rules = rules.replace("tr {", f"{scope} tr {{").replace("table", scope)
        padding = chance.choice((1, 3, 5))
        style = (
            f"<style>{scope} td {{ border: none; padding: {padding}px 9px }} {rules}"
            f" {scope} {{ width: {chance.choice((60, 80, 100))}% }}</style>"
        )
        text = f"<p>{chance.choice(sentences)[:120]}</p>"
        body = f"<section>{style}{text}<table id=t{number}>{cells}</table>{text}</section>"
        yield Drawn(kind, body, ""), [["".join(cell.split()) for cell in row] for row in rows]


def _drawn_rows(chance: random.Random, sentences: Sequence[str]) -> Rows:
    long = chance.random() < 0.4
    columns = chance.randint(3, 4 if long else 6)

    def cell(column: int) -> str:
        if column and chance.random() < 0.08:
            return ""
        if column and (column + columns) % 2:
            return f"{chance.uniform(1, 9_999):,.{chance.choice((0, 1, 2))}f}"
        return chance.choice(sentences)[: chance.randint(2, 22 if long else 7)]

    head = [chance.choice(sentences)[: chance.randint(2, 6)] for _ in range(columns)]
    return [head, *([cell(at) for at in range(columns)] for _ in range(chance.randint(4, 12)))]


def _documents(drawn: Sequence[Drawn]) -> Document:
    with tempfile.TemporaryDirectory() as folder:
        return read(saved(Path(folder), as_pdf(drawn)), _LIMITS)


def _rows(document: Document, number: int) -> Rows:
    """The rows of the tables on a page."""
    return [
        ["".join(cell.split()) for cell in line.split("\t")]
        for block in document.blocks
        if block.page == number and block.kind is BlockKind.table
        for line in document.text[block.start : block.end].split("\n")
    ]
