"""Masks a DOCX: the text and attributes of every part, and its properties."""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from urllib.parse import unquote

from lxml import etree

from documents.errors import CorruptDocument, RedactionIncomplete
from documents.limits import ReadLimits
from documents.masking.account import Account
from documents.masking.docx_views import mask_views
from documents.masking.masked_file import MaskedFile
from documents.masking.replacement import Find, Masking, Replacement, applied
from documents.ooxml.embedded import CHUNK_RELATION, XML_SUFFIXES, PartKind, kind_of_part
from documents.ooxml.package import Package
from documents.ooxml.text import RUN_TEXT
from documents.ooxml.xml import local_name
from documents.readers import docx

_PARTS: Mapping[str, str] = MappingProxyType(
    {
        "document": "body", "header": "headers", "footer": "footers", "footnotes": "footnotes",
        "endnotes": "endnotes", "comments": "comments", "core": "properties", "app": "properties",
        "custom": "properties", "people": "people", "glossary": "building blocks",
    }
)  # fmt: skip
_RELATIONS = ".rels"
_TYPES = "[Content_Types].xml"
_NEUTRAL_TARGET = "about:blank"
# A thumbnail shows the original first page; a signature is no longer valid.
_DROPPED = ("docProps/thumbnail", "_xmlsignatures/")
_AUTHOR_ATTRIBUTES = frozenset(("author", "initials", "userId", "providerId"))
_AUTHOR_ELEMENTS = frozenset(("creator", "lastModifiedBy", "Manager"))
# Elements all of whose attributes may hold text written by a person.
_TEXT_ELEMENTS = frozenset(
    (
        "tag", "alias", "docVar", "listItem", "default", "helpText", "statusText", "bookmarkStart",
        "docPr", "cNvPr", "textpath", "shape", "hyperlink", "fldSimple", "property",
    )
)  # fmt: skip
_TEXT_ATTRIBUTES = frozenset(
    ("descr", "title", "alt", "tooltip", "string", "instr", "anchor", "author")
)
_LOOKS_LIKE_TEXT = re.compile(r"\s|[^\x00-\x7f]")
_STAMP = (1980, 1, 1, 0, 0, 0)


def mask_docx(path: Path, masking: Masking, limits: ReadLimits, account: Account) -> MaskedFile:
    """Return a masked copy of a DOCX. Runs keep their format.

    Pictures and embedded files stay and are listed in `account`. With `masking.authors`, the names
    of authors of the file, of comments and of changes are removed. Raises a `DocumentError`.
    """
    try:
        with Package(path, limits) as package:
            file = _Writer(package, masking, account).write()
        _check(file, masking)
    except RecursionError as error:
        raise CorruptDocument("The document is nested too deeply. Save it again.") from error
    return MaskedFile(file, docx.MEDIA_TYPE)


class _Writer:
    def __init__(self, package: Package, masking: Masking, account: Account) -> None:
        self._package = package
        self._masking = masking
        self._account = account

    def write(self) -> bytes:
        written = io.BytesIO()
        with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as packed:
            for name in dict.fromkeys(self._package.names):
                if name.startswith(_DROPPED):
                    self._account.removed["thumbnails and signatures"] += 1
                    continue
                # A new entry, without comments, extra fields and times.
                entry = zipfile.ZipInfo(name, _STAMP)
                entry.compress_type = zipfile.ZIP_DEFLATED
                packed.writestr(entry, self._part(name))
        return written.getvalue()

    def _part(self, name: str) -> bytes:
        self._check_name(name)
        if not name.lower().endswith(XML_SUFFIXES):
            self._note_unmasked(name)
            return self._package.data(name) or b""
        root = self._package.xml(name)
        if root is None:
            raise CorruptDocument("The document's container is damaged. Save it again.")
        if name.endswith(_RELATIONS):
            _refuse_chunks(root)
            self._account.count("links", mask_relations(root, self._masking.find))
        elif name == _TYPES:
            _remove_dropped(root, "PartName")
        else:
            self._mask(name, root)
        return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)

    def _mask(self, name: str, root: etree._Element) -> None:
        part = _part_of(name)
        if self._masking.authors:
            self._account.removed["authors"] += remove_authors(root)
        self._account.count(part, mask_views(root, self._masking.find))
        self._account.count(part, mask_rest(root, self._masking))

    def _note_unmasked(self, name: str) -> None:
        what = kind_of_part(name)
        if what is not PartKind.font:
            self._account.add_not_covered(what, applied(name, self._masking.find(name)))

    def _check_name(self, name: str) -> None:
        if self._masking.find(unquote(name)):
            raise RedactionIncomplete(
                "The name of a file inside the document contains text to be masked. Remove the "
                "file, or rename it."
            )


def _refuse_chunks(root: etree._Element) -> None:
    """Raises `RedactionIncomplete` if a part includes another file as text (`altChunk`)."""
    for relation in root:
        if isinstance(relation.tag, str) and (relation.get("Type") or "").endswith(CHUNK_RELATION):
            raise RedactionIncomplete(
                "Some of the document's text is an embedded file, which cannot be masked. Save the "
                "document again with Word, which includes that text, and resend it."
            )


def mask_relations(root: etree._Element, find: Find) -> list[Replacement]:
    """Replace external targets that contain text to be masked with a neutral one."""
    changes: list[Replacement] = []
    _remove_dropped(root, "Target")
    for relation in root:
        if not isinstance(relation.tag, str) or relation.get("TargetMode") != "External":
            continue
        found = find(unquote(relation.get("Target") or ""))
        if found:
            relation.set("Target", _NEUTRAL_TARGET)
            changes += found
    return changes


def _remove_dropped(root: etree._Element, attribute: str) -> None:
    """Remove references to the parts that are not copied."""
    for element in list(root):
        if (element.get(attribute) or "").lstrip("/").startswith(_DROPPED):
            root.remove(element)


def mask_rest(root: etree._Element, masking: Masking) -> list[Replacement]:
    """Mask every text and attribute by itself: properties, alternative texts, controls, bookmarks.

    Attributes that control layout are searched with `find_by_rule`.
    """
    changes: list[Replacement] = []
    clean: set[tuple[str, bool]] = set()
    for element in root.iter(etree.Element):
        name = local_name(element)
        if name == "fldData":
            element.text = None
        if name not in RUN_TEXT and (words := _changed(element.text, masking.find, changes)):
            element.text = words
        if words := _changed(element.tail, masking.find, changes):
            element.tail = words
        for key, value in element.attrib.items():
            text = str(value)
            is_text = bool(
                name in _TEXT_ELEMENTS
                or _LOOKS_LIKE_TEXT.search(text)
                or _local(key) in _TEXT_ATTRIBUTES
            )
            if (text, is_text) in clean:
                continue
            find = masking.find if is_text else masking.find_by_rule
            if words := _changed(text, find, changes):
                element.set(key, words)
            else:
                clean.add((text, is_text))
    return changes


def remove_authors(root: etree._Element) -> int:
    """Remove the names of authors; returns how many were removed."""
    removed = 0
    for element in root.iter(etree.Element):
        for key in element.attrib:
            if _local(key) in _AUTHOR_ATTRIBUTES and element.get(key):
                element.set(key, "-")
                removed += 1
        if local_name(element) in _AUTHOR_ELEMENTS and element.text:
            element.text = ""
            removed += 1
    return removed


def _changed(words: str | None, find: Find, changes: list[Replacement]) -> str | None:
    """The masked text; None if nothing was found."""
    if not words or len(words) < 2 or words.isspace():
        return None
    found = find(words)
    changes += found
    return applied(words, found) if found else None


def _local(key: str | bytes) -> str:
    return str(key).rpartition("}")[2]


def _part_of(name: str) -> str:
    stem = posixpath.splitext(posixpath.basename(name))[0].rstrip("0123456789")
    return _PARTS.get(stem, "other parts")


def _check(file: bytes, masking: Masking) -> None:
    """Search the masked file like a new one. Raises `RedactionIncomplete` if anything is found."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    with zipfile.ZipFile(io.BytesIO(file)) as packed:
        for name in packed.namelist():
            if not name.lower().endswith(XML_SUFFIXES):
                continue
            root = etree.fromstring(packed.read(name), parser)
            if name == _TYPES:
                continue
            left = mask_relations(root, masking.find) if name.endswith(_RELATIONS) else []
            if left or mask_views(root, masking.find) or mask_rest(root, masking):
                raise RedactionIncomplete(
                    "The masked file would still contain text to be masked, so it was discarded. "
                    "Save the document again with its own program and resend it."
                )
