"""The words of a DOCX paragraph: those that the page shows, and those that it does not."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from documents.ooxml.xml import attribute, child, has, local_name

WRAPPERS = frozenset(("sdt", "sdtContent", "customXml", "smartTag", "ins", "moveTo", "txbxContent"))
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
_PICTURE_FONT = re.compile(r"dings|Marlett|MT Extra", re.IGNORECASE)
_WORDS_OF_SHAPES = {
    "textpath": ("string",),
    "docPr": ("title", "descr"),
    "cNvPr": ("title", "descr"),
}
_TAKEN_OUT = frozenset(("del", "moveFrom"))
_UNSHOWN = {"t": True, "delText": False, "instrText": False, "delInstrText": False}


def words(parent: etree._Element) -> Iterator[str]:
    for element in parent:
        name = local_name(element)
        if name == "t":
            yield element.text or ""
        elif name in _CHARACTERS:
            yield _CHARACTERS[name]
        elif name == "sym":
            yield symbol(element)
        elif name not in _SILENT and name != "txbxContent" and not _is_hidden(element, name):
            yield from words(element)


def symbol(element: etree._Element) -> str:
    """A character of a symbol font, which has a meaning only where it is not a private code.

    Word shifts what is 8 bits wide there, and a digit is one in all but fonts of pictures.
    """
    try:
        code = int(attribute(element, "char") or "", 16)
    except ValueError:
        return ""
    if 0xF030 <= code <= 0xF039 and not _PICTURE_FONT.search(attribute(element, "font") or ""):
        code -= 0xF000
    return "" if 0xE000 <= code <= 0xF8FF or not 0x20 <= code <= 0x10FFFF else chr(code)


def _is_hidden(element: etree._Element, name: str) -> bool:
    properties = child(element, "rPr") if name == "r" else None
    return properties is not None and has(properties, "vanish")


def text_boxes(parent: etree._Element) -> Iterator[etree._Element]:
    """The outermost text boxes: letterheads are often set in one."""
    for element in parent:
        name = local_name(element)
        if name == "txbxContent":
            yield element
        elif name not in _SILENT and not _is_hidden(element, name):
            yield from text_boxes(element)


def unshown(parent: etree._Element) -> Iterator[str]:
    """What the paragraphs below hold and no page shows, a paragraph at a time.

    That is text that tracked changes took out or moved away, hidden text, and field codes.
    """
    for paragraph in parent.iter():
        if local_name(paragraph) == "p":
            text = "".join(_unshown_words(paragraph, is_out=_is_deleted(paragraph)))
            if text.strip():
                yield text


def words_of_shapes(parent: etree._Element) -> Iterator[str]:
    """Words of shapes and pictures that are no text to Word: what a watermark says, and what a
    picture is described as.
    """
    for element in parent.iter():
        for attribute_name in _WORDS_OF_SHAPES.get(local_name(element), ()):
            yield element.get(attribute_name) or ""


def _unshown_words(parent: etree._Element, *, is_out: bool) -> Iterator[str]:
    for element in parent:
        name = local_name(element)
        if name in _UNSHOWN:
            if is_out or not _UNSHOWN[name]:
                yield element.text or ""
        elif name == "sym" and is_out:
            yield symbol(element)
        elif name not in {"p", "Fallback"}:
            out = is_out or name in _TAKEN_OUT or _is_hidden(element, name)
            yield from _unshown_words(element, is_out=out)


def _is_deleted(paragraph: etree._Element) -> bool:
    """Whether a tracked change took out what the paragraph is in, such as a table's row."""
    for above in paragraph.iterancestors():
        if local_name(above) in _TAKEN_OUT:
            return True
        properties = child(above, "trPr") if local_name(above) == "tr" else None
        if properties is not None and has(properties, "del"):
            return True
    return False
