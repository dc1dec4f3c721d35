"""Pages whose reading order is known: drawn by a browser from HTML that has the words in order."""

from __future__ import annotations

import ctypes
import html
import io
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pypdfium2 as pdfium
import pypdfium2.raw as c
from playwright.sync_api import Error, sync_playwright
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from bench.quality.measure import CannotMeasure

_STYLE = """
@page { size: A4; margin: 0 }
body { margin: 0; font-family: 'Noto Serif CJK SC', serif; line-height: 1.5; text-align: justify }
section { width: 210mm; height: 296mm; padding: 20mm; box-sizing: border-box; overflow: hidden;
  break-after: page; position: relative }
h1 { font-size: 1.8em; text-align: center; margin: 0 0 .6em }
h2 { font-size: 1.2em; margin: .6em 0 }
p { margin: 0; text-indent: 2em } .notes { border-top: 1px solid; font-size: .8em; margin-top: 2em }
.notes p, td p { text-indent: 0 } table { border-collapse: collapse; width: 100%; margin: 1.2em 0 }
td { border: 1px solid; padding: .2em .6em; text-align: left } .plain td { border: none }
figure { margin: .6em 0; break-inside: avoid; text-align: center; font-size: .85em }
figure div { height: 5em; background: #ccc } .side { display: grid; column-gap: 2em }
.upright { writing-mode: vertical-rl }
"""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A page: its kind, its HTML, its words in the order of reading, and its most columns."""

    kind: str
    html: str
    words: str
    columns: int = 1


class _Writer:
    """Writes one page from sentences, and records the order of its words."""

    def __init__(self, sentences: Sequence[str], chance: random.Random) -> None:
        self._sentences = sentences
        self.chance = chance
        self.words: list[str] = []
        self.columns = 1

    def text(self, tag: str, least: int, most: int) -> str:
        """An element with `least` to `most` characters of text."""
        length, text = self.chance.randint(least, most), ""
        while len(text) < length:
            text += self.chance.choice(self._sentences)
        text = text[:length]
        self.words.append(text)
        return f"<{tag}>{html.escape(text)}</{tag}>"

    def prose(self, paragraphs: int, *, headed: bool = False) -> str:
        parts = []
        for number in range(paragraphs):
            if headed and number % 3 == 0:
                parts.append(self.text("h2", 5, 9))
            parts.append(self.text("p", 30, 140))
        return "".join(parts)

    def flow(self, columns: int, paragraphs: int, *, headed: bool = False) -> str:
        self.columns = max(self.columns, columns)
        gap = self.chance.choice((12, 16, 22, 30))
        style = f"columns: {columns}; column-gap: {gap}px"
        return f'<div style="{style}">{self.prose(paragraphs, headed=headed)}</div>'

    def table(self) -> str:
        columns, plain = self.chance.randint(3, 5), self.chance.random() < 0.5
        rows = "".join(
            "<tr>" + "".join(self.text("td", 2, 5) for _ in range(columns)) + "</tr>"
            for _ in range(self.chance.randint(4, 7))
        )
        return f'<table class="{"plain" if plain else "ruled"}">{rows}</table>'


def _columns(page: _Writer) -> str:
    columns = page.chance.randint(1, 4)
    return page.text("h1", 8, 16) + page.flow(columns, 9, headed=columns < 4)


def _newspaper(page: _Writer) -> str:
    stories = (page.chance.randint(2, 4), page.chance.randint(2, 4))
    return "".join(page.text("h1", 14, 20) + page.flow(columns, 6) for columns in stories)


def _table_between(page: _Writer) -> str:
    columns = page.chance.randint(1, 3)
    return page.text("h1", 8, 16) + page.flow(columns, 5) + page.table() + page.flow(columns, 4)


def _notes(page: _Writer) -> str:
    body = page.text("h1", 8, 16) + page.flow(page.chance.randint(1, 3), 7)
    return body + f'<div class="notes">{page.text("p", 20, 60)}{page.text("p", 20, 60)}</div>'


def _figures(page: _Writer) -> str:
    columns = page.columns = page.chance.randint(1, 3)
    gap = page.chance.choice((16, 24))
    body = page.prose(3)
    body += f"<figure><div></div>{page.text('figcaption', 8, 14)}</figure>" + page.prose(4)
    title = page.words.copy()
    page.words.clear()
    head = page.text("h1", 8, 16)
    page.words += title
    return f'{head}<div style="columns: {columns}; column-gap: {gap}px">{body}</div>'


def _sidebar(page: _Writer) -> str:
    page.columns = 2
    widths = page.chance.choice(("2fr 1fr", "1fr 2fr"))
    head = page.text("h1", 14, 20)
    sides = f"<div>{page.prose(5)}</div><div>{page.prose(4)}</div>"
    return f'{head}<div class="side" style="grid-template-columns: {widths}">{sides}</div>'


def _vertical(page: _Writer) -> str:
    return f'<div class="upright" style="height: 250mm">{page.prose(8)}</div>'


KINDS: dict[str, Callable[[_Writer], str]] = {
    "columns": _columns,
    "newspaper": _newspaper,
    "table between": _table_between,
    "notes": _notes,
    "figures": _figures,
    "sidebar": _sidebar,
    "vertical": _vertical,
}


def pages(count: int, sentences: Sequence[str], seed: int = 1) -> list[Drawn]:
    """`count` pages of all kinds in turn."""
    found = []
    for number in range(count):
        kind = list(KINDS)[number % len(KINDS)]
        page = _Writer(sentences, random.Random(seed * 100_000 + number))
        size = page.chance.choice((9.5, 10.5, 12))
        body = KINDS[kind](page)
        text = f'<section style="font-size: {size}pt">{body}</section>'
        found.append(Drawn(kind, text, "".join(page.words), page.columns))
    return found


def as_pdf(drawn: Sequence[Drawn]) -> bytes:
    """The pages as a browser prints them. Raises `CannotMeasure` if there is no browser."""
    return printed("".join(page.html for page in drawn), _STYLE)


def printed(body: str, style: str) -> bytes:
    """HTML as a browser prints it. Raises `CannotMeasure` if there is no browser."""
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path="/usr/bin/chromium", args=["--no-sandbox"]
            )
            page = browser.new_page()
            page.set_content(f"<html lang=zh><style>{style}</style><body>{body}</body></html>")
            data: bytes = page.pdf(prefer_css_page_size=True)
            browser.close()
    except Error as error:
        raise CannotMeasure(f"The pages are drawn by Chromium: {error}") from error
    return data


def drawn_across(printed: bytes, left_out: Sequence[int] = ()) -> bytes:
    """The same characters at the same places, drawn from the top line by line over all columns.

    `left_out` are indexes of pages that are left empty.
    """
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    written = io.BytesIO()
    with pdfium.PdfDocument(printed) as document:
        canvas = Canvas(written, pagesize=document[0].get_size(), invariant=1)
        for number in range(len(document)):
            for left, bottom, size, char in () if number in left_out else _chars(document[number]):
                canvas.setFont("STSong-Light", size)
                canvas.drawString(left, bottom, char)
            canvas.showPage()
    canvas.save()
    return written.getvalue()


def _chars(page: pdfium.PdfPage) -> Iterator[tuple[float, float, float, str]]:
    """The left end and base line, the size, and the character, from the top line by line."""
    layer = page.get_textpage()
    x, y, matrix = ctypes.c_double(), ctypes.c_double(), c.FS_MATRIX()
    found = []
    for index in range(layer.count_chars()):
        char = layer.get_text_range(index, 1)
        if char.strip():
            c.FPDFText_GetCharOrigin(layer.raw, index, x, y)
            c.FPDFText_GetMatrix(layer.raw, index, matrix)
            size = matrix.a * c.FPDFText_GetFontSize(layer.raw, index)
            found.append((x.value, y.value, size, char))
    return iter(sorted(found, key=lambda one: (-round(one[1], 1), one[0])))
