"""A masked DOCX: every part of it, whatever it is for, and its properties."""

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
from documents.masking.replacement import Find, Masking, Replacement, applied
from documents.ooxml.embedded import CHUNK_RELATION, XML_SUFFIXES, PartKind, kind_of_part
from documents.ooxml.package import Package
from documents.ooxml.text import RUN_TEXT
from documents.ooxml.xml import local_name

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
# Shows the first page as it was.
_DROPPED = ("docProps/thumbnail", "_xmlsignatures/")
_AUTHOR_ATTRIBUTES = frozenset(("author", "initials", "userId", "providerId"))
_AUTHOR_ELEMENTS = frozenset(("creator", "lastModifiedBy", "Manager"))
# What a person wrote, whichever attribute it stands in.
_SPEAKING = frozenset(
    (
        "tag", "alias", "docVar", "listItem", "default", "helpText", "statusText", "bookmarkStart",
        "docPr", "cNvPr", "textpath", "shape", "hyperlink", "fldSimple", "property",
    )
)  # fmt: skip
_WORDS = frozenset(("descr", "title", "alt", "tooltip", "string", "instr", "anchor", "author"))
_SPEAKS = re.compile(r"\s|[^\x00-\x7f]")
_STAMP = (1980, 1, 1, 0, 0, 0)


def mask_docx(path: Path, masking: Masking, limits: ReadLimits, account: Account) -> bytes:
    """Runs keep their format; pictures and embedded files stay and are named in `account`.

    With `masking.authors`, authors of the file, of comments and of changes are taken out too.
    Raises a `DocumentError`.
    """
    try:
        with Package(path, limits) as package:
            file = _Writer(package, masking, account).write()
        _check(file, masking)
    except RecursionError as error:
        raise CorruptDocument("The document is nested too deeply. Save it again.") from error
    return file


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
                # A fresh entry: no comments, no extra fields, no times.
                entry = zipfile.ZipInfo(name, _STAMP)
                entry.compress_type = zipfile.ZIP_DEFLATED
                packed.writestr(entry, self._part(name))
        return written.getvalue()

    def _part(self, name: str) -> bytes:
        self._check_name(name)
        if not name.lower().endswith(XML_SUFFIXES):
            self._leave(name)
            return self._package.data(name) or b""
        root = self._package.xml(name)
        if root is None:
            raise CorruptDocument("The document's container is damaged. Save it again.")
        if name.endswith(_RELATIONS):
            _refuse_chunks(root)
            self._account.count("links", mask_relations(root, self._masking.find))
        elif name == _TYPES:
            _forget_dropped(root, "PartName")
        else:
            self._mask(name, root)
        return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)

    def _mask(self, name: str, root: etree._Element) -> None:
        part = _part_of(name)
        if self._masking.authors:
            self._account.removed["authors"] += remove_authors(root)
        self._account.count(part, mask_views(root, self._masking.find))
        self._account.count(part, mask_rest(root, self._masking))

    def _leave(self, name: str) -> None:
        what = kind_of_part(name)
        if what is not PartKind.font:
            self._account.add_not_covered(what, applied(name, self._masking.find(name)))

    def _check_name(self, name: str) -> None:
        if self._masking.find(unquote(name)):
            raise RedactionIncomplete(
                "The name of a file inside the document holds what is to be masked. Take the file "
                "out, or rename it."
            )


def _refuse_chunks(root: etree._Element) -> None:
    """Raises `RedactionIncomplete` where a part takes in another file as text of its own."""
    for relation in root:
        if isinstance(relation.tag, str) and (relation.get("Type") or "").endswith(CHUNK_RELATION):
            raise RedactionIncomplete(
                "Some of the document's text is a file inside it, in which nothing can be masked. "
                "Save the document again with Word, which takes that text in, and send it again."
            )


def mask_relations(root: etree._Element, find: Find) -> list[Replacement]:
    """A target outside that holds what is to be masked leads nowhere."""
    changes: list[Replacement] = []
    _forget_dropped(root, "Target")
    for relation in root:
        if not isinstance(relation.tag, str) or relation.get("TargetMode") != "External":
            continue
        found = find(unquote(relation.get("Target") or ""))
        if found:
            relation.set("Target", _NEUTRAL_TARGET)
            changes += found
    return changes


def _forget_dropped(root: etree._Element, attribute: str) -> None:
    """Take out what names a part that is not taken over."""
    for element in list(root):
        if (element.get(attribute) or "").lstrip("/").startswith(_DROPPED):
            root.remove(element)


def mask_rest(root: etree._Element, masking: Masking) -> list[Replacement]:
    """Every text and attribute by itself: properties, alternative texts, controls, bookmarks.

    In attributes that steer how the document looks, known words are left alone: `left` there is no
    word of the document's.
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
            speaks = bool(name in _SPEAKING or _SPEAKS.search(text) or _local(key) in _WORDS)
            if (text, speaks) in clean:
                continue
            find = masking.find if speaks else masking.find_by_rule
            if words := _changed(text, find, changes):
                element.set(key, words)
            else:
                clean.add((text, speaks))
    return changes


def remove_authors(root: etree._Element) -> int:
    """How many names of authors were taken out."""
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
    """None where nothing was found."""
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
    """Look through the file that was made as if it had come in. Raises `RedactionIncomplete`."""
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
                    "Something would have been left in the file, so none was made. Save the "
                    "document anew with its own program and send it again."
                )
