"""Comments on cells, and headers and footers of printed pages."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator

from lxml import etree

from documents.document import BlockKind
from documents.ooxml.package import Package
from documents.ooxml.xml import attribute, local_name

_COMMENTS = re.compile(r"xl/(?:comments/?[^/]*|threadedComments/[^/]+)\.xml", re.IGNORECASE)
# Searched in the bytes of a sheet: parsing all cells would be slow.
_LINE = re.compile(
    rb"<(?:\w{1,20}:)?(?:odd|even|first)(Header|Footer)(?:\s[^<>]{0,200})?>([^<]+)</"
)
_KINDS = {b"Header": BlockKind.header, b"Footer": BlockKind.footer}
PAGE_LINES = frozenset(
    ("oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader", "firstFooter")
)
"""The elements with the header or footer of a sheet's pages (ECMA-376 part 1, 18.3.1.46)."""
# Codes for sections, fonts, colours, sizes and fields such as the page number.
PAGE_CODE = re.compile(
    r"&(?:(?P<itself>&)|(?P<section>[LCR])|\"[^\"]*\"|K(?:[0-9A-F]{6}|\d{2}[+-]\d{3})|\d{1,3}|[A-Z+-])",
    re.IGNORECASE,
)
# A size has up to three digits (18.3.1.39), and those after it may be text.
_SIZES = [
    re.compile(PAGE_CODE.pattern.replace(r"\d{1,3}", rf"\d{{{count}}}"), re.IGNORECASE)
    for count in (1, 2, 3)
]
# OpenDocument fields hold the text that they showed last.
_ODS_LINE = re.compile(r"(header|footer)(?:-left|-first)?")
_FIELDS = frozenset(
    ("sheet-name", "page-number", "page-count", "date", "time", "title", "file-name")
)


def in_order(
    lines: Iterable[tuple[BlockKind, str]], notes: Iterable[str], drawings: Iterable[str]
) -> Iterator[tuple[BlockKind, str]]:
    """Headers, footers, comments and the text of shapes, in this order, each text once."""
    yield from sorted(dict.fromkeys(lines), key=lambda line: line[0] is BlockKind.footer)
    yield from ((BlockKind.comment, note) for note in dict.fromkeys(notes))
    yield from ((BlockKind.drawing, words) for words in dict.fromkeys(drawings))


def comments(package: Package, parts: Iterable[str]) -> Iterator[str]:
    """The comments on cells of an XLSX workbook that are in some of its parts."""
    for name in parts:
        root = package.xml(name) if _COMMENTS.fullmatch(name) else None
        for note in root.iter() if root is not None else ():
            if local_name(note) in {"comment", "threadedComment"}:
                yield "".join(_texts(note))


def _texts(note: etree._Element) -> Iterator[str]:
    for element in note.iter():
        if local_name(element) in {"t", "text"}:
            yield str(element.text or "")


def page_lines(sheet: bytes) -> Iterator[tuple[BlockKind, str]]:
    """The headers and footers of a sheet's pages: left, middle and right sections separately.

    Sections with nothing but codes, such as the page number, are left out.
    """
    for kind, written in _LINE.findall(sheet):
        line = html.unescape(written.decode("utf-8", "replace"))
        yield from ((_KINDS[kind], section) for section in page_line_sections(line))


def page_line_sections(line: str) -> Iterator[str]:
    """The sections of a header or footer that have more than codes."""
    for section in PAGE_CODE.sub(_without, line).split("\0"):
        if any(map(str.isalnum, section)):
            yield section.strip()


def page_line_readings(line: str) -> Iterator[str]:
    """The text of a header or footer without its codes, for each number of digits of its sizes."""
    for size in _SIZES:
        yield size.sub("", line)


def _without(code: re.Match[str]) -> str:
    return "&" if code["itself"] else "\0" if code["section"] else ""


def ods_comments(content: etree._Element) -> Iterator[str]:
    """The comments on cells of an OpenDocument workbook, or of a part of it."""
    for note in content.iter("{*}annotation"):
        yield "\n".join("".join(map(str, line.itertext())) for line in note.iter("{*}p"))


def ods_page_lines(styles: etree._Element) -> Iterator[tuple[BlockKind, str]]:
    """The headers and footers of an OpenDocument workbook's pages, as in `page_lines`."""
    for line in styles.iter():
        name = _ODS_LINE.fullmatch(local_name(line))
        if name is None or attribute(line, "display") == "false":
            continue
        for paragraph in line.iter("{*}p"):
            words = "".join(_without_fields(paragraph)).strip()
            if any(map(str.isalnum, words)):
                yield BlockKind(name[1]), words


def _without_fields(element: etree._Element) -> Iterator[str]:
    yield element.text or ""
    for inside in element:
        if local_name(inside) not in _FIELDS:
            yield from _without_fields(inside)
        yield inside.tail or ""
