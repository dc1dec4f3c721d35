"""The parts of a Word document that determine its layout, for reading and rewriting."""

from __future__ import annotations

import io
import posixpath
import zipfile
from collections.abc import Mapping
from pathlib import Path

from lxml import etree

from documents.errors import CorruptDocument
from documents.limits import ReadLimits
from documents.ooxml.package import WORD_MAIN_TYPES, Package

_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_NEW_PART = (1980, 1, 1, 0, 0, 0)


class Parts:
    """XML parts by name, each read once. `written` returns the file with the changed parts.

    The methods raise what `documents.ooxml.package.Package` raises.
    """

    def __init__(self, path: Path, limits: ReadLimits) -> None:
        self._path, self._limits = path, limits
        self._roots: dict[str, etree._Element] = {}
        with Package(path, limits) as package:
            main = package.main_part(WORD_MAIN_TYPES)
            if main is None:
                raise CorruptDocument("The container holds no Word document. Save it again.")
            self.main = main
            self._read(package, main)
            self.relations_name = _relations_of(main)
            for name in ("[Content_Types].xml", self.relations_name):
                self._read(package, name)
            self._targets = self._read_targets()
            for kind, target in self._targets.values():
                if kind in {"styles", "settings", "theme", "numbering", "footer"}:
                    self._read(package, target)
        self._original = {name: etree.tostring(root) for name, root in self._roots.items()}

    def root(self, name: str) -> etree._Element | None:
        return self._roots.get(name)

    def related(self, kind: str) -> etree._Element | None:
        """The root of the part that is related to the main part as `kind`, such as `styles`."""
        for found, target in self._targets.values():
            if found == kind:
                return self._roots.get(target)
        return None

    def target(self, relation_id: str | None) -> etree._Element | None:
        """The root of the part that is the target of a relationship of the main part."""
        _, target = self._targets.get(relation_id or "", ("", ""))
        return self._roots.get(target)

    def add(self, root: etree._Element, name: str, *, kind: str, media_type: str) -> str:
        """Add a part in the folder of the main part; returns the id of its relationship."""
        folder = posixpath.dirname(self.main)
        stem, dot, extension = name.rpartition(".")
        taken = {entry.casefold() for entry in self._names()}
        number = 1
        while posixpath.join(folder, f"{stem}{number}{dot}{extension}").casefold() in taken:
            number += 1
        target = f"{stem}{number}{dot}{extension}"
        full = posixpath.join(folder, target)
        relations = self._roots.get(self.relations_name)
        if relations is None:
            relations = etree.Element(f"{{{_PACKAGE}/relationships}}Relationships")
            self._roots[self.relations_name] = relations
        relation_id = self._free_relation_id()
        etree.SubElement(
            relations,
            f"{{{_PACKAGE}/relationships}}Relationship",
            Id=relation_id,
            Type=f"{self._relation_base()}/{kind}",
            Target=target,
        )
        types = self._roots["[Content_Types].xml"]
        etree.SubElement(
            types,
            f"{{{_PACKAGE}/content-types}}Override",
            PartName=f"/{full}",
            ContentType=media_type,
        )
        self._roots[full] = root
        self._targets[relation_id] = (kind, full)
        return relation_id

    def written(self) -> bytes:
        """The bytes of the file. Parts that were not changed are copied."""
        changed = {
            name: _serialized(root)
            for name, root in self._roots.items()
            if etree.tostring(root) != self._original.get(name)
        }
        with Package(self._path, self._limits) as package:
            return rewritten(package, changed)

    def _read(self, package: Package, name: str) -> None:
        root = package.xml(name)
        if root is not None:
            self._roots[name] = root

    def _read_targets(self) -> dict[str, tuple[str, str]]:
        targets: dict[str, tuple[str, str]] = {}
        relations = self._roots.get(self.relations_name)
        for relation in relations if relations is not None else ():
            if relation.get("TargetMode") == "External":
                continue
            place = posixpath.join("/", posixpath.dirname(self.main), relation.get("Target") or "")
            kind = (relation.get("Type") or "").rpartition("/")[2]
            targets[relation.get("Id") or ""] = (kind, posixpath.normpath(place).lstrip("/"))
        return targets

    def _names(self) -> set[str]:
        with Package(self._path, self._limits) as package:
            return {*package.names, *self._roots}

    def _relation_base(self) -> str:
        """The namespace of relationship types in this file's edition of the standard."""
        relations = self._roots[self.relations_name]
        for relation in relations:
            base, _, kind = (relation.get("Type") or "").rpartition("/")
            if kind in {"styles", "settings", "theme"}:
                return base
        return "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

    def _free_relation_id(self) -> str:
        number = 1
        while f"rIdNew{number}" in self._targets:
            number += 1
        return f"rIdNew{number}"


def rewritten(package: Package, changed: Mapping[str, bytes]) -> bytes:
    """The bytes of a ZIP container with some parts replaced or added."""
    pending = dict(changed)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in package.entries:
            data = pending.pop(entry.filename, None)
            new.writestr(entry, package.unpacked(entry) if data is None else data)
        for name, data in pending.items():
            new.writestr(zipfile.ZipInfo(name, _NEW_PART), data, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _relations_of(part: str) -> str:
    folder, base = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{base}.rels")


def _serialized(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
