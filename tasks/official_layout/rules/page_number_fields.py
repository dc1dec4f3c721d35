"""The page numbers in footers: where they are, what stands around them, and where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from documents.ooxml.write import properties
from documents.ooxml.xml import attribute, child, local_name
from tasks.official_layout.official import Official

NUMBER = "\ue000"
"""What stands for the page's number in `Numbered.words`."""

_PAGE = re.compile(r"^\s*PAGE\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Numbered:
    """A paragraph of a footer with a page number in it. `align` is where it stands."""

    element: etree._Element
    words: str
    runs: tuple[etree._Element, ...]
    align: str


def numbered_in(official: Official, footer: etree._Element) -> Numbered | None:
    for paragraph in footer.iter("{*}p"):
        if any(local_name(one) == "Fallback" for one in paragraph.iterancestors()):
            continue
        pieces = list(_pieces(paragraph))
        words = "".join(text for _, text in pieces)
        if NUMBER in words:
            runs = tuple(dict.fromkeys(run for run, text in pieces if text.strip()))
            return Numbered(paragraph, words, runs, _align(official, paragraph))
    return None


def _pieces(paragraph: etree._Element) -> Iterator[tuple[etree._Element, str]]:
    """Each run's words, with one character for the page number itself."""
    depth, showing = 0, False
    for run in paragraph.iter("{*}r"):
        inside = next((up for up in run.iterancestors("{*}p")), None)
        if inside is not paragraph:
            continue
        simple = next((up for up in run.iterancestors("{*}fldSimple")), None)
        if simple is not None:
            yield run, NUMBER if _PAGE.match(attribute(simple, "instr") or "") else ""
            continue
        for piece in run:
            name = local_name(piece)
            if name == "fldChar":
                kind = attribute(piece, "fldCharType")
                depth += {"begin": 1, "end": -1}.get(kind or "", 0)
                showing = showing and depth > 0
            elif name == "instrText" and _PAGE.match(piece.text or ""):
                showing = True
                yield run, NUMBER
            elif name == "t" and depth == 0:
                yield run, piece.text or ""


def _align(official: Official, paragraph: etree._Element) -> str:
    """Where the number stands: the paragraph's place, or that of the frame or box around it."""
    frame = child(properties(paragraph), "framePr") if child(paragraph, "pPr") is not None else None
    place = attribute(frame, "xAlign") if frame is not None else None
    if place is None:
        for around in paragraph.iterancestors("{*}anchor"):
            for align in around.iterfind("{*}positionH/{*}align"):
                place = align.text
    return place or official.looks.of_paragraph(paragraph).align
