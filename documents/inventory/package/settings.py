"""Tells values of Office and OFD files that control layout or behaviour from text.

A value is a setting if the schemas of ECMA-376 or GB/T 33190 allow no free text in its place, and
it has one of the forms that such a place can have. Every other value is text, also in places that
are not in the schemas.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from documents.inventory.encodings import encoded

_FILE = Path(__file__).with_name("settings.txt")
_GUID = r"\{?[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}?"
_TIME = (
    r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)?|"
    r" \d\d:\d\d(?::\d\d)?)"
)
_CELL = r"\$?[A-Z]{1,3}\$?\d{1,7}"
_NUMBER = r"[-+]?(?:\d{1,10}(?:\.\d{0,17})?|\.\d{1,17})(?:[eE][-+]?\d{1,3})?"
# Numbers of more than ten digits may be telephone, identity or account numbers.
_FORMS = re.compile(
    rf"{_NUMBER}(?:pt|cm|mm|in|pc|pi|px|em|emu|fd|f|%)?"
    r"|#?[0-9A-Fa-f]{1,8}(?: \[\d{1,5}\])?"
    rf"|\d{{4}}-\d\d-\d\d"
    rf"|(?:rId|Id|R)[0-9A-Fa-f]{{1,16}}"
    rf"|{_CELL}(?::{_CELL})?(?: {_CELL}(?::{_CELL})?)*"
)
# A GUID or a time of day is no text in any place.
_ANYWHERE = re.compile(rf"{_GUID}|{_TIME}")
_HASHES = frozenset(
    (
        "hash", "salt", "hashValue", "saltValue", "hashData", "saltData", "revisionsHashValue",
        "revisionsSaltValue", "workbookHashValue", "workbookSaltValue",
    )
)  # fmt: skip
# Base64 of 16 bytes, a salt, to 64, SHA-512. A long number, or letters only, may be anything.
_HASH = re.compile(r"(?=[A-Za-z+/]{0,87}\d)(?!.{0,88}\d{7})[0-9A-Za-z+/]{22,86}={0,2}")
# The hexadecimal identifiers of paragraphs (MS-DOCX 2.2.4), which are not in ECMA-376.
_EXTENSIONS = {"paraId": ("p", "tr"), "textId": ("p", "tr")}


# Numbers, matrices and paths of OFD pages, in millimetres; and the ids of objects.
_OFD_LENGTH = r"-?(?:\d{1,3}(?:\.\d{0,10})?|\.\d{1,10})"
# No possessive group: Python 3.11.0 to 3.11.4 match it wrongly (gh-106052).
_OFD_FORMS = re.compile(rf"(?:(?:[gMLBQACS]|{_OFD_LENGTH})(?:\s+|$))*|\d{{1,6}}")
_OFD_OBJECTS = frozenset(
    (
        "TextObject", "TextCode", "PathObject", "ImageObject", "CompositeObject", "CGTransform",
        "FillColor", "StrokeColor", "DrawParam", "Layer", "Page", "TemplatePage", "Template",
        "Font", "MultiMedia", "ColorSpace", "CompositeGraphicUnit", "Annot", "Appearance", "Area",
    )
)  # fmt: skip
_OFD_ATTRIBUTES = frozenset(
    (
        "Boundary", "CTM", "DeltaX", "DeltaY", "X", "Y", "Size", "LineWidth", "HScale", "Weight",
        "MiterLimit", "DashOffset", "DashPattern", "Value", "Alpha", "ID", "Font", "ResourceID",
        "DrawParam", "ColorSpace", "TemplateID", "PageID", "CodePosition", "CodeCount",
        "GlyphCount",
    )
)  # fmt: skip
_OFD_ELEMENTS = frozenset(
    (
        "PhysicalBox", "ApplicationBox", "ContentBox", "BleedBox", "AbbreviatedData", "MaxUnitID",
        "Glyphs",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Settings:
    values: frozenset[str]
    elements: frozenset[str]
    attributes: Mapping[str, frozenset[str]]


def is_setting(element: str, attribute: str, value: str) -> bool:
    """Whether a value of an XML part holds no text.

    Args:
        element: The local name of the element.
        attribute: The local name of its attribute; empty for the text in the element.
        value: The value of the attribute, or the text.
    """
    if not value or _ANYWHERE.fullmatch(value) or _is_of_ofd(element, attribute, value):
        return True
    if not _is_known(element, attribute):
        return False
    if _FORMS.fullmatch(value) or value in _settings().values:
        return True
    return attribute in _HASHES and _is_hash(value)


def _is_of_ofd(element: str, attribute: str, value: str) -> bool:
    if attribute:
        is_known = element in _OFD_OBJECTS and attribute in _OFD_ATTRIBUTES
    else:
        is_known = element in _OFD_ELEMENTS
    return is_known and _OFD_FORMS.fullmatch(value) is not None


def _is_hash(value: str) -> bool:
    return _HASH.fullmatch(value) is not None and not any(run.texts for run in encoded(value))


def known_values() -> frozenset[str]:
    """The words that settings of Office files can be, such as `left`."""
    return _settings().values


@cache
def _is_known(element: str, attribute: str) -> bool:
    settings = _settings()
    if not attribute:
        return element in settings.elements
    known = settings.attributes.get(attribute, frozenset())
    return element in known or element in _EXTENSIONS.get(attribute, ())


@cache
def _settings() -> _Settings:
    sections: dict[str, list[str]] = {}
    for line in _FILE.read_text("ascii").splitlines():
        if line.startswith("["):
            section = sections.setdefault(line.strip("[]"), [])
        elif not line.startswith("#"):
            section.append(line)
    attributes = (line.split(": ", 1) for line in sections["attributes"])
    return _Settings(
        frozenset(" ".join(sections["values"]).split()),
        frozenset(" ".join(sections["elements"]).split()),
        {name: frozenset(elements.split()) for name, elements in attributes},
    )
