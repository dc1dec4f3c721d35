"""What an XLSX workbook says apart from its cells: notes, and the lines of printed pages."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from lxml import etree

from tasks.document import BlockKind
from tasks.readers.docx_xml import local_name
from tasks.readers.opc import Package

_COMMENTS = re.compile(r"xl/(?:comments/?[^/]*|threadedComments/[^/]+)\.xml", re.IGNORECASE)
# In the bytes of a sheet, most of which are cells that need not be parsed for it.
_LINE = re.compile(
    rb"<(?:\w{1,20}:)?(?:odd|even|first)(Header|Footer)(?:\s[^<>]{0,200})?>([^<]+)</"
)
_KINDS = {b"Header": BlockKind.header, b"Footer": BlockKind.footer}
# Sections, fonts, colours, sizes, and what is put in when it is printed, as the number of the page.
_CODE = re.compile(
    r"&(?:(?P<itself>&)|(?P<section>[LCR])|\"[^\"]*\"|K(?:[0-9A-F]{6}|\d{2}[+-]\d{3})|\d{1,3}|[A-Z+-])",
    re.IGNORECASE,
)


def comments(package: Package) -> Iterator[str]:
    """What people noted on the cells of an XLSX workbook, each once."""
    said: dict[str, None] = {}
    for name in package.names:
        root = package.xml(name) if _COMMENTS.fullmatch(name) else None
        for note in root.iter() if root is not None else ():
            if local_name(note) in {"comment", "threadedComment"}:
                said["".join(map(str, _texts(note))).strip()] = None
    yield from filter(None, said)


def _texts(note: etree._Element) -> Iterator[str]:
    for element in note.iter():
        if local_name(element) in {"t", "text"}:
            yield element.text or ""


def page_lines(sheet: bytes) -> Iterator[tuple[BlockKind, str]]:
    """The headers and footers of a sheet's pages, left, middle and right each by itself.

    One that has nothing but codes, as the number of the page, says nothing.
    """
    for kind, written in _LINE.findall(sheet):
        line = html.unescape(written.decode("utf-8", "replace"))
        for section in _CODE.sub(_without, line).split("\0"):
            if any(map(str.isalnum, section)):
                yield _KINDS[kind], section.strip()


def _without(code: re.Match[str]) -> str:
    return "&" if code["itself"] else "\0" if code["section"] else ""
