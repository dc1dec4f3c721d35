"""Word documents in one XML file: flat OPC, and Word 2003 XML.

Both become the container that Word writes today, so that there is one reader.
"""

from __future__ import annotations

import base64
import binascii
import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from documents.errors import CorruptDocument
from documents.ooxml.known_parts import PACKAGE, RELATIONS
from documents.ooxml.package import WORD_MAIN_TYPES, parsed_xml
from documents.ooxml.xml import attribute, child, local_name, value

MEDIA_TYPE = "application/vnd.ms-wordml"

_FLAT = "http://schemas.microsoft.com/office/2006/xmlPackage"
_W2003 = "http://schemas.microsoft.com/office/word/2003/wordml"
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_AUX = "http://schemas.microsoft.com/office/word/2003/auxHint"
_AML = "http://schemas.microsoft.com/aml/2001/core"
_MARKED = re.compile(rf"<(?:[\w.-]+:)?(?:package|wordDocument)\s[^>]*(?:{_FLAT}|{_W2003})")
_MAIN_TYPE = next(one for one in WORD_MAIN_TYPES if one.endswith("document.main+xml"))
_EXTENSION = re.compile(r"\.[A-Za-z]{3,4}\Z")
_NOTES = {"footnote": "footnotes", "endnote": "endnotes"}
_CHANGES = {"Word.Insertion": "ins", "Word.Deletion": "del"}
_RENAMED = {"vmerge": "vMerge", "hmerge": "hMerge"}


def is_word_xml(head: str) -> bool:
    """Whether a text that begins so is a Word document in one XML file."""
    return _MARKED.search(head) is not None


def as_package(data: bytes) -> bytes:
    """The document as a container. Raises `CorruptDocument`.

    That of Word 2003 XML also has the original, so that all of its text can be listed.
    """
    root = parsed_xml(data, "document")
    if local_name(root) == "package":
        return _zipped(_flat_parts(root))
    return _Word2003(root, data).package()


def around_parts(data: bytes) -> bytes:
    """The XML of flat OPC without what becomes the parts; empty for Word 2003 XML.

    Raises `CorruptDocument`.
    """
    if local_name(parsed_xml(data, "document")) != "package":
        return b""
    # With comments and processing instructions, which are text as well.
    root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
    for part in root.iterchildren(etree.Element):
        xml, binary = child(part, "xmlData"), child(part, "binaryData")
        if xml is not None and (first := next(xml.iterchildren(etree.Element), None)) is not None:
            tail = first.tail
            first.clear()
            first.tail = tail
        elif binary is not None:
            binary.text = ""
    return etree.tostring(root.getroottree(), encoding="UTF-8")


def _flat_parts(root: etree._Element) -> Iterator[tuple[str, str, bytes]]:
    """The name, content type and bytes of each part."""
    for part in root:
        name = (attribute(part, "name") or "").lstrip("/")
        xml, binary = child(part, "xmlData"), child(part, "binaryData")
        if not name or (xml is None and binary is None):
            continue
        if xml is not None:
            data = etree.tostring(xml[0], encoding="UTF-8") if len(xml) else b""
        else:
            data = _decoded(binary.text if binary is not None else "")
        yield name, attribute(part, "contentType") or "", data


def _decoded(text: str | None) -> bytes:
    try:
        return base64.b64decode(text or "")
    except binascii.Error as error:
        raise CorruptDocument("A part of the document is damaged. Save it again.") from error


def _zipped(parts: Iterator[tuple[str, str, bytes]]) -> bytes:
    types = etree.Element(f"{{{PACKAGE}/content-types}}Types")
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as packed:
        for name, media_type, data in parts:
            entry = etree.SubElement(types, f"{{{PACKAGE}/content-types}}Override")
            entry.set("PartName", f"/{name}")
            entry.set("ContentType", media_type)
            packed.writestr(name, data)
        packed.writestr("[Content_Types].xml", etree.tostring(types, encoding="UTF-8"))
    return written.getvalue()


@dataclass(slots=True)
class _Word2003:
    """Takes the parts of a container out of a Word 2003 document."""

    root: etree._Element
    data: bytes
    _parts: list[tuple[str, str, bytes]] = field(default_factory=list)
    _relations: list[tuple[str, str]] = field(default_factory=list)

    def package(self) -> bytes:
        body = child(self.root, "body")
        if body is None:
            raise CorruptDocument("The file holds no Word document. Save it again.")
        self._convert_marks(body)
        self._move_notes(body)
        self._move_headers(body)
        self._move_pictures()
        styles = child(self.root, "styles")
        if styles is not None:
            self._add_xml("styles", styles)
        etree.strip_tags(self.root, f"{{{_AUX}}}*", f"{{{_AML}}}*")
        document = _element("document")
        document.append(body)
        self._parts.append(("word/document.xml", _MAIN_TYPE, _serialized(document)))
        self._parts.append(("word/original.xml", "application/xml", self.data))
        main = [("officeDocument", "word/document.xml")]
        self._parts.append(("_rels/.rels", "", _relations(main)))
        self._parts.append(("word/_rels/document.xml.rels", "", _relations(self._relations)))
        return _zipped(iter(self._parts))

    def _add_xml(self, kind: str, root: etree._Element) -> None:
        etree.strip_tags(root, f"{{{_AUX}}}*", f"{{{_AML}}}*")
        self._add(kind, f"{kind}{len(self._parts)}.xml", "application/xml", _serialized(root))

    def _add(self, kind: str, name: str, media_type: str, data: bytes) -> str:
        self._parts.append((f"word/{name}", media_type, data))
        self._relations.append((kind, name))
        return _id(len(self._relations))

    def _convert_marks(self, body: etree._Element) -> None:
        """Write tracked changes, merged cells and the numbers of paragraphs as Word does today."""
        comments = _element("comments")
        for element in list(body.iter(etree.Element)):
            name = local_name(element)
            if name in _RENAMED:
                element.tag = f"{{{_W2003}}}{_RENAMED[name]}"
            elif name == "annotation":
                kind = attribute(element, "type") or ""
                if kind in _CHANGES:
                    element.tag = f"{{{_W2003}}}{_CHANGES[kind]}"
                elif kind == "Word.Comment":
                    _move(element, comments, "comment")
            elif name == "p" and (number := _number_of(element)):
                run = etree.Element(f"{{{_W2003}}}r")
                etree.SubElement(run, f"{{{_W2003}}}t").text = f"{number} "
                element.insert(1, run)
        if len(comments):
            self._add_xml("comments", comments)

    def _move_notes(self, body: etree._Element) -> None:
        for name, kind in _NOTES.items():
            notes = _element(kind)
            for note in list(body.iter(f"{{{_W2003}}}{name}")):
                _move(note, notes, name)
            if len(notes):
                self._add_xml(kind, notes)

    def _move_headers(self, body: etree._Element) -> None:
        for name, kind in (("hdr", "header"), ("ftr", "footer")):
            for part in list(body.iter(f"{{{_W2003}}}{name}")):
                parent = part.getparent()
                if parent is not None and local_name(parent) == "sectPr":
                    holder = _element(name)
                    holder.extend(list(part))
                    parent.remove(part)
                    self._add_xml(kind, holder)

    def _move_pictures(self) -> None:
        ids: dict[str, str] = {}
        for picture in list(self.root.iter(f"{{{_W2003}}}binData")):
            name = attribute(picture, "name") or ""
            extension = _EXTENSION.search(name)
            target = f"media/{len(self._parts)}{extension[0] if extension else ''}"
            ids[name] = self._add("image", target, "image", _decoded(picture.text))
            picture.text = None
        for shown in self.root.iter("{urn:schemas-microsoft-com:vml}imagedata"):
            if id_ := ids.get(shown.get("src") or ""):
                shown.set(f"{{{RELATIONS}}}id", id_)


def _number_of(paragraph: etree._Element) -> str | None:
    """The number that Word stored with a paragraph."""
    properties = child(paragraph, "pPr")
    numbered = child(properties, "listPr") if properties is not None else None
    return value(numbered, "t") if numbered is not None else None


def _move(element: etree._Element, parent: etree._Element, name: str) -> None:
    """Move the paragraphs of a note or a comment to its own part."""
    holder = etree.SubElement(parent, f"{{{_W2003}}}{name}")
    content = child(element, "content")
    holder.extend(list(content if content is not None else element))
    outside = element.getparent()
    if outside is not None:
        outside.remove(element)


def _element(name: str) -> etree._Element:
    return etree.Element(f"{{{_W2003}}}{name}")


def _serialized(root: etree._Element) -> bytes:
    return etree.tostring(root, encoding="UTF-8").replace(_W2003.encode(), _W.encode())


def _id(number: int) -> str:
    return f"rId{number}"


def _relations(targets: list[tuple[str, str]]) -> bytes:
    name = f"{PACKAGE}/relationships"
    root = etree.Element(f"{{{name}}}Relationships")
    for number, (kind, target) in enumerate(targets, start=1):
        entry = etree.SubElement(root, f"{{{name}}}Relationship")
        entry.set("Id", _id(number))
        entry.set("Type", f"{RELATIONS}/{kind}")
        entry.set("Target", target)
    return etree.tostring(root, encoding="UTF-8")
