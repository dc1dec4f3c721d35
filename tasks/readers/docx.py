"""DOCX: the words as they stand when every tracked change is accepted."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from tasks.document import BlockKind, Document
from tasks.errors import CorruptDocument
from tasks.readers.docx_numbering import Numbering
from tasks.readers.docx_styles import Styles
from tasks.readers.docx_xml import attribute, child, has, local_name
from tasks.readers.draft import Draft
from tasks.readers.limits import ReadLimits
from tasks.readers.opc import Package

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
MAIN_TYPES = frozenset(
    (
        f"{MEDIA_TYPE}.main+xml",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.template.main+xml",
        "application/vnd.ms-word.document.macroEnabled.main+xml",
        "application/vnd.ms-word.template.macroEnabledTemplate.main+xml",
    )
)

_WRAPPERS = frozenset(
    ("sdt", "sdtContent", "customXml", "smartTag", "ins", "moveTo", "txbxContent")
)
# Taken out by a tracked change, or said twice, or not said on the page at all.
_SILENT = frozenset(
    [
        "del",
        "moveFrom",
        "delText",
        "instrText",
        "delInstrText",
        "pPr",
        "rPr",
        "sectPr",
        "tblPr",
        "tblGrid",
        "trPr",
        "tcPr",
        "sdtPr",
        "Fallback",
        "rt",
        "annotationRef",
        "footnoteReference",
        "endnoteReference",
        "commentReference",
    ]
)
_CHARACTERS = {
    "tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "softHyphen": "",
}  # fmt: skip


def read(path: Path, limits: ReadLimits) -> Document:
    """Read a Word document, without headers and footers. Raises a `DocumentError`."""
    draft = Draft(limits)
    try:
        with Package(path, limits) as package:
            _fill(draft, package)
    except RecursionError as error:
        raise CorruptDocument("The document is nested too deeply. Save it anew.") from error
    return draft.finish(MEDIA_TYPE)


def _fill(draft: Draft, package: Package) -> None:
    main = package.main_part(MAIN_TYPES)
    root = package.xml(main) if main else None
    body = child(root, "body") if root is not None else None
    if main is None or body is None:
        raise CorruptDocument("The container holds no Word document. Save it anew.")

    def part(kind: str) -> etree._Element | None:
        name = package.related(main, kind)
        return package.xml(name) if name else None

    writer = _Writer(draft, Styles(part("/styles")), Numbering(part("/numbering")))
    writer.write(body)
    for kind, tag in (("/footnotes", "footnote"), ("/endnotes", "endnote")):
        notes = part(kind)
        for note in notes if notes is not None else ():
            if local_name(note) == tag and attribute(note, "type") in {None, "normal"}:
                writer.write(note)


class _Writer:
    """Turns paragraphs and tables into blocks, in document order."""

    def __init__(self, draft: Draft, styles: Styles, numbering: Numbering) -> None:
        self._draft = draft
        self._styles = styles
        self._numbering = numbering

    def write(self, parent: etree._Element) -> None:
        for element in parent:
            name = local_name(element)
            if name == "p":
                self._paragraph(element)
            elif name == "tbl":
                self._table(element)
            elif name in _WRAPPERS:
                self.write(element)

    def _paragraph(self, paragraph: etree._Element) -> None:
        text = "".join(_words(paragraph))
        style = self._styles.of(paragraph)
        mark = self._numbering.mark(paragraph, style.numbering)
        kind = BlockKind.paragraph
        if style.heading:
            kind = BlockKind.heading
        elif mark is not None:
            kind = BlockKind.list_item
        self._draft.add((mark or "") + text if text.strip() else "", kind, level=style.level)
        for box in _text_boxes(paragraph):
            self.write(box)

    def _table(self, table: etree._Element) -> None:
        rows = (self._row(row) for row in _rows(table))
        self._draft.add("\n".join(rows), BlockKind.table)
        for box in _text_boxes(table):
            self.write(box)

    def _row(self, row: etree._Element) -> str:
        return "\t".join(self._cell(cell) for cell in _unwrapped(row, "tc"))

    def _cell(self, cell: etree._Element) -> str:
        words = []
        for paragraph in _paragraphs(cell):
            text = "".join(_words(paragraph))
            mark = self._numbering.mark(paragraph, self._styles.of(paragraph).numbering)
            words.append((mark or "") + text)
        return " ".join(" ".join(words).split())


def _rows(table: etree._Element) -> Iterator[etree._Element]:
    for row in _unwrapped(table, "tr"):
        properties = child(row, "trPr")
        if properties is None or not has(properties, "del"):
            yield row


def _unwrapped(parent: etree._Element, name: str) -> Iterator[etree._Element]:
    for element in parent:
        if local_name(element) == name:
            yield element
        elif local_name(element) in _WRAPPERS:
            yield from _unwrapped(element, name)


def _paragraphs(parent: etree._Element) -> Iterator[etree._Element]:
    """The paragraphs of a cell, those of tables inside it too."""
    for element in parent:
        if local_name(element) == "p":
            yield element
        elif local_name(element) in {"tbl", "tr", "tc", *_WRAPPERS}:
            yield from _paragraphs(element)


def _words(parent: etree._Element) -> Iterator[str]:
    for element in parent:
        name = local_name(element)
        if name == "t":
            yield element.text or ""
        elif name in _CHARACTERS:
            yield _CHARACTERS[name]
        elif name == "sym":
            yield _symbol(element)
        elif name not in _SILENT and name != "txbxContent" and not _is_hidden(element, name):
            yield from _words(element)


def _symbol(element: etree._Element) -> str:
    """A character of a symbol font, which has a meaning only where it is not a private code."""
    try:
        code = int(attribute(element, "char") or "", 16)
    except ValueError:
        return ""
    return "" if 0xE000 <= code <= 0xF8FF or not 0x20 <= code <= 0x10FFFF else chr(code)


def _is_hidden(element: etree._Element, name: str) -> bool:
    properties = child(element, "rPr") if name == "r" else None
    return properties is not None and has(properties, "vanish")


def _text_boxes(parent: etree._Element) -> Iterator[etree._Element]:
    """The outermost text boxes: letterheads are often set in one."""
    for element in parent:
        name = local_name(element)
        if name == "txbxContent":
            yield element
        elif name not in _SILENT and not _is_hidden(element, name):
            yield from _text_boxes(element)
