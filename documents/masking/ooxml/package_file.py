"""Writes a masked copy of an Office Open XML package from the parts that are understood.

The relationships are walked from the package's root. A part whose relationship is not in the
format's list is left out, and so is a part that nothing references. Names of parts, relationship
ids, types and content types are rewritten where the original ones are not the usual ones.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import unquote

from lxml import etree

from documents.errors import CorruptDocument, DocumentError
from documents.inventory.package.package_settings import is_usual_name
from documents.limits import MIB
from documents.masking.account import Account
from documents.masking.encoded_text import NEUTRAL_TARGET
from documents.masking.ooxml.xml_elements import keep_understood
from documents.masking.pictures.embedded import PICTURE_TYPES, Pictures, picture_extension
from documents.masking.replacement import Masking
from documents.ooxml.known_parts import (
    EXTERNAL,
    MAIN,
    PACKAGE,
    PICTURE,
    REMOVED,
    kind_of,
    usual_type,
)
from documents.ooxml.package import Package

_TYPES = "[Content_Types].xml"
_RELATIONS = "application/vnd.openxmlformats-package.relationships+xml"
_NO_ROWS = re.compile(rb"<((?:[\w.-]+:)?sheetData)/>")
# The text of larger parts that are left out, such as caches of pivot tables, is not kept.
_MOST_LEFT_OUT = 4 * MIB
# No name or number contains it.
_APART = "\n\n\n\n"
STAMP = (1980, 1, 1, 0, 0, 0)
_USUAL_ID = re.compile(r"[A-Za-z][A-Za-z0-9]{0,40}")
_USUAL_NAME = re.compile(r"(?:[A-Za-z0-9_-]{1,40}/){0,4}[A-Za-z0-9_-]{1,60}\.(?:xml|vml)")


@dataclass(slots=True)
class Relation:
    """A relationship of a part. `target` is the part's new name, or an address outside the file."""

    id: str
    type: str
    target: str
    is_external: bool


@dataclass(slots=True)
class Part:
    """A part of the masked file: XML has a `root`, a picture has `data`.

    `rows` is the content of a worksheet's `sheetData`, which is empty in `root`.
    """

    source: str
    name: str
    kind: str
    root: etree._Element | None = None
    data: bytes = b""
    rows: list[bytes] = field(default_factory=list)
    relations: list[Relation] = field(default_factory=list)
    is_dropped: bool = False


@dataclass(frozen=True, slots=True)
class PackageFormat:
    """How a format is masked.

    Attributes:
        parts: Content types of the XML parts that are kept, by the last word of the relationship.
        mask: Masks the XML parts of the file, and sets `is_dropped` of those to be left out.
        parse: Parses parts that are not masked as one tree, by the last word of the relationship.
        prepare: Changes a part of the original, given its name and its root, likewise.
    """

    parts: Mapping[str, str]
    mask: Callable[[list[Part], Masking, Account], None]
    parse: Mapping[str, Callable[[bytes], etree._Element]] = field(default_factory=dict)
    prepare: Mapping[str, Callable[[str, etree._Element], None]] = field(default_factory=dict)


class PackageWriter:
    def __init__(
        self,
        package: Package,
        format_: PackageFormat,
        masking: Masking,
        pictures: Pictures,
        account: Account,
    ) -> None:
        self._pictures = pictures
        self._package = package
        self._format = format_
        self._masking = masking
        self._account = account
        self._parts: dict[str, Part] = {}
        self._names: set[str] = set()
        self._number = 0
        self._sizes = {entry.filename: entry.file_size for entry in package.entries}

    def file(self) -> bytes:
        """The bytes of the masked file. Raises a `DocumentError`."""
        root_relations = self._relations("")
        if not any(part.kind == MAIN for part in self._parts.values()):
            raise CorruptDocument("The container holds no Office document. Save it again.")
        self._renamed(root_relations)
        parts = list(self._parts.values())
        for part in parts:
            if part.root is not None:
                keep_understood(part.root, self._masking, self._account)
                _keep_references(part.root, {relation.id for relation in part.relations})
                _rename_references(part.root, self._renamed(part.relations))
        self._format.mask([part for part in parts if part.root is not None], self._masking,
                          self._account)  # fmt: skip
        self._count_unreferenced()
        self._drop(parts)
        return self._packed(root_relations, [part for part in parts if not part.is_dropped])

    @staticmethod
    def _drop(parts: list[Part]) -> None:
        dropped = {part.name for part in parts if part.is_dropped}
        for part in parts if dropped else ():
            part.relations = [one for one in part.relations if one.target not in dropped]
            if part.root is not None:
                _keep_references(part.root, {relation.id for relation in part.relations})

    def _relations(self, source: str) -> list[Relation]:
        """The kept relationships of a part, whose targets are kept with it."""
        kept = []
        for id_, type_, target, is_external in self._package.relations(source):
            find = self._external if is_external else self._internal
            new_target = find(kind_of(type_), target)
            if new_target is not None:
                kept.append(Relation(id_, usual_type(type_), new_target, is_external))
        return kept

    def _external(self, kind: str, target: str) -> str | None:
        if kind not in EXTERNAL:
            self._account.removed["links to files"] += 1
            return None
        if changes := self._masking.find(target) or self._masking.find(unquote(target)):
            self._account.count("links", changes)
            return NEUTRAL_TARGET
        return target

    def _internal(self, kind: str, target: str) -> str | None:
        if kind not in self._format.parts and kind != PICTURE:
            return None
        part = self._parts.get(target) or self._read(kind, target)
        return part.name if part is not None else None

    def _read(self, kind: str, target: str) -> Part | None:
        if target not in self._package:
            return None
        part = Part(target, self._free_name(kind, target), kind)
        if kind == PICTURE:
            data = self._pictures.masked(self._package.data(target) or b"", part.name)
            if data is None:
                return None
            part.data = data
            self._parts[target] = part
            return part
        parse = self._format.parse.get(kind)
        if parse is None:
            part.root = self._package.xml(target)
        else:
            part.root = parse(self._package.data(target) or b"")
        if part.root is not None and (prepare := self._format.prepare.get(kind)) is not None:
            prepare(target, part.root)
        # Before its relationships are followed: they can lead back to it.
        self._parts[target] = part
        part.relations = self._relations(target)
        return part

    def _free_name(self, kind: str, target: str) -> str:
        """The part's own name if it is a usual one; else a new name."""
        name = target
        extension = picture_extension(target) if kind == PICTURE else None
        stem = posixpath.splitext(target)[0] + ".xml" if extension else target
        is_known = is_usual_name(target)
        if not is_known and (
            not _USUAL_NAME.fullmatch(stem) or self._masking.find(unquote(target))
        ):
            while name == target or name.casefold() in self._names:
                self._number += 1
                name = f"parts/{kind}{self._number}.{extension or 'xml'}"
        self._names.add(name.casefold())
        return name

    def _count_unreferenced(self) -> None:
        """Count the parts that are left out, by what they are."""
        kinds = {
            target: kind_of(type_)
            for name in ("", *self._package.names)
            for _, type_, target, is_external in self._package.relations(name)
            if not is_external
        }
        for name in self._package.names:
            if name in self._parts or name == _TYPES or name.endswith(".rels"):
                continue
            what = REMOVED.get(kinds.get(name, ""), "other parts")
            self._account.remove(what, self._text(name))

    def _text(self, name: str) -> str:
        """All text of an XML part that is left out; empty for one that is large or damaged."""
        is_short_xml = name.lower().endswith(".xml") and self._sizes.get(name, 0) <= _MOST_LEFT_OUT
        try:
            root = self._package.xml(name) if is_short_xml else None
        except DocumentError:
            return ""
        if root is None:
            return ""
        texts = (
            text for one in root.iter(etree.Element) for text in (*one.values(), *one.itertext())
        )
        return _APART.join(map(str, texts))

    def _packed(self, root_relations: list[Relation], parts: list[Part]) -> bytes:
        written = io.BytesIO()
        with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as packed:
            for name, pieces in self._entries(root_relations, parts):
                entry = zipfile.ZipInfo(name, STAMP)
                entry.compress_type = zipfile.ZIP_DEFLATED
                with packed.open(entry, "w") as member:
                    for piece in pieces:
                        member.write(piece)
        return written.getvalue()

    def _entries(
        self, root_relations: list[Relation], parts: list[Part]
    ) -> Iterator[tuple[str, Sequence[bytes]]]:
        yield _TYPES, [self._content_types(parts)]
        yield "_rels/.rels", [self._relations_part(root_relations)]
        for part in parts:
            if part.root is None:
                yield part.name, [part.data]
                continue
            yield part.name, _with_rows(serialized(part.root), part.rows)
            if part.relations:
                folder, base = posixpath.split(part.name)
                yield f"{folder}/_rels/{base}.rels", [self._relations_part(part.relations)]

    def _renamed(self, relations: list[Relation]) -> dict[str, str]:
        """Replace the ids of relationships that are not usual ones; returns the new ids by old."""
        ids: dict[str, str] = {}
        for number, relation in enumerate(relations, start=1):
            if not _USUAL_ID.fullmatch(relation.id) or self._masking.find(relation.id):
                ids[relation.id] = f"newId{number}"
                relation.id = ids[relation.id]
        return ids

    def _content_types(self, parts: list[Part]) -> bytes:
        name = f"{PACKAGE}/content-types"
        root = etree.Element(f"{{{name}}}Types", nsmap=_nsmap(name))
        defaults = {"rels": _RELATIONS, "xml": "application/xml"}
        for part in parts:
            if part.root is None:
                extension = picture_extension(part.name) or ""
                defaults[extension] = PICTURE_TYPES[extension]
        for extension, type_ in defaults.items():
            etree.SubElement(root, f"{{{name}}}Default", Extension=extension, ContentType=type_)
        for part in parts:
            if part.root is not None:
                etree.SubElement(
                    root,
                    f"{{{name}}}Override",
                    PartName=f"/{part.name}",
                    ContentType=self._format.parts[part.kind],
                )
        return serialized(root)

    def _relations_part(self, relations: list[Relation]) -> bytes:
        name = f"{PACKAGE}/relationships"
        root = etree.Element(f"{{{name}}}Relationships", nsmap=_nsmap(name))
        for relation in relations:
            entry = etree.SubElement(root, f"{{{name}}}Relationship")
            entry.set("Id", relation.id)
            entry.set("Type", relation.type)
            entry.set("Target", relation.target if relation.is_external else f"/{relation.target}")
            if relation.is_external:
                entry.set("TargetMode", "External")
        return serialized(root)


def _with_rows(data: bytes, rows: Sequence[bytes]) -> Sequence[bytes]:
    if not rows:
        return [data]
    before, *after = _NO_ROWS.split(data)
    if len(after) != 2:
        raise CorruptDocument("A worksheet has its cells in several places. Save it again.")
    name = after[0]
    return [before, b"<" + name + b">", *rows, b"</" + name + b">", after[1]]


def _nsmap(name: str) -> dict[str, str]:
    # lxml's types do not allow None, which is the default namespace.
    return cast("dict[str, str]", {None: name})


def serialized(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


# Elements that stay, without the attribute, when what they reference is left out.
_WITHOUT_REFERENCE = frozenset(
    ("hyperlink", "hlinkClick", "hlinkHover", "blip", "imagedata", "fill", "stroke", "pageSetup")
)
_RELATION_ID = re.compile(
    r"\{(?:http://schemas\.openxmlformats\.org/officeDocument/2006/relationships|"
    r"http://purl\.oclc\.org/ooxml/officeDocument/relationships)\}\w+"
    r"|\{urn:schemas-microsoft-com:office:office\}relid|relId"
)


_REFERENCES = etree.XPath(
    "//*[@*[local-name() = 'relId' or local-name() = 'relid' or namespace-uri() ="
    " 'http://schemas.openxmlformats.org/officeDocument/2006/relationships' or namespace-uri() ="
    " 'http://purl.oclc.org/ooxml/officeDocument/relationships']]"
)


def _with_references(root: etree._Element) -> list[etree._Element]:
    found: Any = _REFERENCES(root)
    elements: list[etree._Element] = found
    return elements


def _keep_references(root: etree._Element, ids: set[str]) -> None:
    """Remove the references to relationships that are left out."""
    for element in _with_references(root):
        for key, value in element.attrib.items():
            if not value or not _RELATION_ID.fullmatch(str(key)) or str(value) in ids:
                continue
            if etree.QName(element).localname in _WITHOUT_REFERENCE:
                del element.attrib[key]
            elif (parent := element.getparent()) is not None:
                remove(element)
                parent.attrib.pop("count", "")
                if etree.QName(parent).localname == "tableParts" and not len(parent):
                    remove(parent)
                break


def _rename_references(root: etree._Element, ids: Mapping[str, str]) -> None:
    for element in _with_references(root) if ids else ():
        for key, value in element.attrib.items():
            if _RELATION_ID.fullmatch(str(key)) and str(value) in ids:
                element.set(key, ids[str(value)])


def remove(element: etree._Element) -> None:
    """Remove an element and what is in it, but not the text that follows it."""
    parent = element.getparent()
    if parent is None:
        return
    if element.tail:
        before = element.getprevious()
        if before is not None:
            before.tail = (before.tail or "") + element.tail
        else:
            parent.text = (parent.text or "") + element.tail
    parent.remove(element)
