"""`parse`: running heads and page numbers of documents that a browser draws, told from the text.

A document is right if all its running heads and page numbers are `header` and `footer` blocks, and
nothing else is.
"""

from __future__ import annotations

import io
import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pypdfium2 as pdfium

from bench.quality.measure import Measure
from bench.quality.order_pages import Drawn, as_pdf
from bench.quality.pages import law_paragraphs
from documents.document import BlockKind
from documents.limits import ReadLimits
from documents.read import read
from standin.documents.builders import saved

PAGES = 6  # of a document
TARGET = 20 / 24
_LIMITS = ReadLimits(max_chars=5_000_000, max_pages=1_000)
_STYLE = """<style>.head, .foot { position: absolute; left: 20mm; right: 20mm; font-size: 9pt }
.head { top: 10mm } .foot { bottom: 10mm } .middle { text-align: center }
.right { text-align: right } .ruled.head { border-bottom: 1px solid }
.ruled.foot { border-top: 1px solid } .low { top: 14mm }</style>"""
_ROMAN = ("i", "ii", "iii", "iv", "v", "vi")
_CHINESE = "一二三四五六"
_OFFICE, _TITLE, _REPORT = "青川县人民政府办公室文件", "档案工作年度报告", "防汛工作简报"

Marks = tuple[tuple[str, str], ...]
"""The classes and the text of each mark on a page."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of document: its name, and the marks of a page, counted from 1."""

    name: str
    marks: Callable[[int], Marks]


def _sections(page: int) -> str:
    return f"第{_CHINESE[(page - 1) // 2]}章 {('总则', '收集', '利用')[(page - 1) // 2]}"


KINDS = (
    Kind("number between dashes", lambda at: (("foot middle", f"— {at} —"),)),
    Kind("bare number", lambda at: (("foot middle", str(at)),)),
    Kind("bare number from 17", lambda at: (("foot right", str(at + 16)),)),
    Kind("page of pages", lambda at: (("foot middle", f"第{at}页 共{PAGES}页"),)),
    Kind("page of pages, spaced", lambda at: (("foot middle", f"第 {at} 页，共 {PAGES} 页"),)),
    Kind("pages before page", lambda at: (("foot right", f"共{PAGES}页 第{at}页"),)),
    Kind("number by number", lambda at: (("foot right", f"{at} / {PAGES}"),)),
    Kind("Page N of M", lambda at: (("foot middle", f"Page {at} of {PAGES}"),)),
    Kind("roman", lambda at: (("foot middle", _ROMAN[at - 1]),)),
    Kind("roman capitals", lambda at: (("foot middle", f"- {_ROMAN[at - 1].upper()} -"),)),
    Kind("Chinese number", lambda at: (("foot middle", f"第{_CHINESE[at - 1]}页"),)),
    Kind("head", lambda at: (("head middle", _TITLE), ("foot middle", f"— {at} —"))),
    Kind("head with a rule", lambda at: (("head ruled", _TITLE), ("foot middle ruled", str(at)))),
    Kind("head with the number", lambda at: (("head", f"{_TITLE} 第{at}页"),)),
    Kind("number at the top", lambda at: (("head right", f"·{at}·"),)),
    Kind(
        "odd and even heads",
        lambda at: (
            ("head right" if at % 2 else "head", _TITLE if at % 2 else _OFFICE),
            ("foot right" if at % 2 else "foot", f"— {at} —"),
        ),
    ),
    Kind("sections", lambda at: (("head right", _sections(at)), ("foot middle", str(at)))),
    Kind(
        "sections on even pages",
        lambda at: (
            ("head right" if at % 2 else "head", _TITLE if at % 2 else _sections(at)),
            ("foot middle", str(at)),
        ),
    ),
    Kind(
        "sections with numbers",
        lambda at: (("head", f"{_sections(at)}　　{at}"),),
    ),
    Kind("no mark on the first", lambda at: (("foot middle", f"- {at} -"),) if at > 1 else ()),
    Kind("head from the second", lambda at: (("head middle", _REPORT),) if at > 1 else ()),
    Kind(
        "two lines of head",
        lambda at: (("head middle", _OFFICE), ("head middle low", _TITLE), ("foot", str(at))),
    ),
    Kind("title and site", lambda at: (("head", _REPORT), ("foot", f"内部资料 {at}"))),
    Kind("none", lambda at: ()),  # noqa: ARG005 - a document without marks
)


def measures() -> Iterator[Measure]:
    sentences = [part for part in law_paragraphs() if len(part) > 20]
    chance = random.Random(1)
    drawn = [
        Drawn(kind.name, _page(kind, at, chance, sentences), "")
        for kind in KINDS
        for at in range(1, PAGES + 1)
    ]
    with pdfium.PdfDocument(as_pdf(drawn)) as printed:
        right = {
            kind.name: _is_right(kind, _pages(printed, number * PAGES))
            for number, kind in enumerate(KINDS)
        }
    share = round(sum(right.values()) / len(right), 4)
    yield Measure("parse", "documents with running heads told", len(right), share, TARGET)
    for name, is_right in right.items():
        if not is_right:
            yield Measure("parse", f"running heads: {name}", 1, 0.0)


def _pages(printed: pdfium.PdfDocument, first: int) -> bytes:
    """The pages of one document."""
    written = io.BytesIO()
    with pdfium.PdfDocument.new() as document:
        document.import_pages(printed, list(range(first, first + PAGES)))
        document.save(written)
    return written.getvalue()


def _is_right(kind: Kind, data: bytes) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        document = read(saved(Path(folder), data), _LIMITS)
    apart = {
        _plain(document.text[block.start : block.end])
        for block in document.blocks
        if block.kind in {BlockKind.header, BlockKind.footer}
    }
    return apart == {_plain(text) for at in range(1, PAGES + 1) for _, text in kind.marks(at)}


def _page(kind: Kind, at: int, chance: random.Random, sentences: Sequence[str]) -> str:
    marks = "".join(f'<div class="{place}">{text}</div>' for place, text in kind.marks(at))
    title = f"<h2>{_sections(at)}</h2>" if at % 2 else ""
    text = "".join(f"<p>{chance.choice(sentences)}</p>" for _ in range(chance.randint(9, 12)))
    return f"<section style='font-size: 12pt'>{_STYLE}{marks}{title}{text}</section>"


def _plain(text: str) -> str:
    return "".join(text.split())
