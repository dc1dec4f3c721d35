"""Lists all text of an XML part of a package.

That is the text in reading order, every text node and attribute value that is no setting, comments,
processing instructions, and names in namespaces of no standard.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from types import MappingProxyType

from lxml import etree

from documents.inventory.entry import Entry, EntryKind, Unread, unread
from documents.inventory.joined import SEPARATOR
from documents.inventory.neighbours import has_few_figures, joined_values
from documents.inventory.nested import Nested
from documents.inventory.package.odf_text import odf_texts
from documents.inventory.package.ofd_lines import shown_lines
from documents.inventory.package.package_settings import is_package_setting
from documents.inventory.package.settings import is_setting
from documents.inventory.package.word_text import part_texts
from documents.ooxml.formulas import joined_constants, list_items
from documents.ooxml.seen import as_seen, text_in_order
from documents.ooxml.text import RUN_TEXT
from documents.ooxml.workbook import nodes_of
from documents.ooxml.xml import child, local_name
from documents.readers.sheets.comments import PAGE_LINES, page_line_readings
from documents.readers.text.encoding import NotText, decode

# Parts and names that describe a document, or who worked on it.
_PROPERTIES = re.compile(r"docProps/.*|(?:.*/)?meta\.xml|OFD\.xml|.*/people\.xml", re.IGNORECASE)
_AUTHORS = frozenset(
    (
        "author", "authors", "initials", "userId", "providerId", "creator", "Creator", "userName",
        "lastModifiedBy", "Manager", "Author", "refreshedBy", "LastModDate",
    )
)  # fmt: skip
# Elements whose inner elements are one text.
_LINES = frozenset(("si", "is", "text", "TextObject", "rPh", "div"))
# Elements and attributes with a formula of a spreadsheet.
_FORMULAS = frozenset(
    (
        "f", "formula", "formula1", "formula2", "definedName", "oldFormula", "condition", "Value",
    )
)  # fmt: skip
# Elements whose texts are listed together, by the root of their part: there may be very many.
_CELLS = frozenset(("c", "v", "f", "is", "t"))
_JOINED: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "worksheet": _CELLS,
        "macrosheet": _CELLS,
        "dialogsheet": _CELLS,
        "sst": frozenset(("si", "t", "r", "rPh")),
        "pivotCacheRecords": frozenset(("s", "n", "x", "d")),
    }
)
# The elements in which those of `_JOINED` are.
_PARENTS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "c": frozenset(("row",)),
        "v": frozenset(("c",)),
        "f": frozenset(("c",)),
        "is": frozenset(("c",)),
        "t": frozenset(("is", "si", "r", "rPh")),
        "si": frozenset(("sst",)),
        "r": frozenset(("si", "is", "pivotCacheRecords")),
        "rPh": frozenset(("si", "is")),
        **dict.fromkeys("snxd", frozenset(("r",))),
    }
)
# Cells with the number of a shared string or with a short number, which the text of the workbook
# has, and the usual attributes of other cells: they are most of a workbook, and this takes a
# fraction of the time of walking them.
_PLACE = rb' r="[A-Z]{1,3}\d{1,7}"(?: s="\d{1,6}")?+'
_SPACE = rb'(?: xml:space="preserve")?+'
_NUMBER = rb"-?\d{1,10}(?:\.\d{1,17})?+(?:E[-+]?\d{1,3})?+"
_PLAIN = re.compile(rb'<c%s(?: t="s"><v>\d{1,9}|(?: t="n")?+><v>%s)</v></c>' % (_PLACE, _NUMBER))
_CELL = re.compile(rb'<c%s(?: t="[a-zA-Z]{1,9}")?+(?=[ />])' % _PLACE)
_ROW_START = rb'<row(?: (?:r|ht|s|customFormat|customHeight)="[\d.]{1,10}")*+'
_ROW = re.compile(rb"%s(?=[ />])" % _ROW_START)
# Between strings without a format. Merged, they are few nodes of a tree instead of very many.
_STRINGS = re.compile(
    rb"(?:</t></si>\s*+<si><t%s>|</t></is></c>(?:</row>%s>)?+<c%s t=\"inlineStr\"><is><t%s>)"
    # A reading is that of its own string.
    rb"(?![^<]*</t><rPh)" % (_SPACE, _ROW_START, _PLACE, _SPACE)
)
_BLOCK = 1 << 20
_BLOCK_END = re.compile(rb"</(?:row|si)>")
_WIDE = (b"\xff\xfe", b"\xfe\xff")
_NAMESPACE = re.compile(r"""xmlns(?::([^=:\s"'<>]*+))?\s*+=\s*+["']([^"']*+)""")
_STANDARD = re.compile(
    r"(?:https?://(?:schemas\.(?:openxmlformats|microsoft)\.(?:org|com)|purl\.(?:oclc\.)?org|"
    r"www\.w3\.org|www\.ofdspec\.org|openoffice\.org|docs\.oasis-open\.org|www\.wps\.cn)/"
    r"|urn:(?:oasis:names:tc:opendocument|schemas-microsoft-com|org:documentfoundation):)[!-~]*"
)
_PREFIX = re.compile(r"[A-Za-z][A-Za-z0-9]{0,11}")
# A name of a standard; a longer number may be anything.
_LOCAL = re.compile(r"[A-Za-z](?:[A-Za-z_.-]|\d{1,3}(?!\d)){0,63}")


def xml_entries(part: str, data: bytes, nested: Nested) -> Iterator[Entry]:
    """Yield all text of the part named `part`."""
    data = _reduced(data)
    root = _parsed(data)
    texts = None
    if root is not None:
        # Deep nesting ends the walk of Word's text.
        with suppress(RecursionError):
            texts = list(part_texts(root))
    if root is None or texts is None:
        yield from nested.text(part, _raw_text(data), EntryKind.hidden)
        yield unread(part, Unread.damaged)
        return
    for text, kind in (*texts, *odf_texts(root)):
        if kind is EntryKind.unread:
            yield unread(part, Unread.program)
        else:
            yield from nested.text(part, text, kind, whole=True)
    for text in shown_lines(root):
        yield from nested.text(f"{part}, lines", text, EntryKind.hidden)
    yield from _PartWalk(part, root, nested, has_paragraphs=bool(texts)).entries(data)


def _parsed(data: bytes) -> etree._Element | None:
    # The size of the data is limited, so its longest text need not be.
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=True
    )
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        if getattr(error, "code", None) == etree.ErrorTypes.ERR_NO_MEMORY:
            raise MemoryError from error
        return None


def _reduced(data: bytes) -> bytes:
    """The part without cells and attributes that are not listed."""
    return b"".join(map(_reduced_block, _blocks(data)))


def _blocks(data: bytes) -> Iterator[bytes]:
    """The part in blocks that end after a row or a string.

    A substitution takes far more memory than its result: an object for each match.
    """
    start = 0
    while start < len(data):
        end = _BLOCK_END.search(data, start + _BLOCK)
        stop = end.end() if end else len(data)
        yield data[start:stop]
        start = stop


def _reduced_block(data: bytes) -> bytes:
    data = _STRINGS.sub(SEPARATOR.encode("ascii"), _PLAIN.sub(b"", data))
    return _ROW.sub(b"<row", _CELL.sub(b"<c", data))


class _PartWalk:
    """Walks one part. Each different text of a place is listed once."""

    def __init__(
        self, part: str, root: etree._Element, nested: Nested, *, has_paragraphs: bool
    ) -> None:
        self._part = part
        self._root = root
        self._nested = nested
        self._listed: set[tuple[str, str]] = set()
        # All texts of places with few figures, by place: each may be a part of several values.
        self._parts: dict[str, list[str]] = {}
        # The text of runs is listed by paragraph.
        self._listed_elements = RUN_TEXT if has_paragraphs else frozenset[str]()
        self._joined = _JOINED.get(local_name(root), frozenset())
        self._is_properties = bool(_PROPERTIES.fullmatch(part))

    def entries(self, data: bytes) -> Iterator[Entry]:
        document = self._root.getroottree().docinfo
        if document.internalDTD is not None:
            yield from self._text("document type", _raw_text(data), EntryKind.hidden)
            yield unread(self._part, Unread.entities)
        yield from self._names(data)
        if self._joined:
            yield from self._columns()
        yield from self._nodes()

    def _nodes(self) -> Iterator[Entry]:
        lines: dict[etree._Element, None] = {}
        for node in (*self._root.itersiblings(preceding=True), *self._root.itersiblings()):
            yield from self._special(node)
        for node in self._root.iter():
            if local_name(node):
                yield from self._element(node, lines)
            else:
                yield from self._special(node)
            if node.tail and not node.tail.isspace() and (parent := node.getparent()) is not None:
                lines[parent] = None
                yield from self._text(_local(parent.tag), node.tail, self._kind("", ""))
        for node in lines:
            joined = "".join(map(str, node.itertext()))
            yield from self._text(_local(node.tag), joined, self._kind("", ""))
        for line in self._root.iter(*(f"{{*}}{name}" for name in PAGE_LINES)):
            for text in page_line_readings(str(line.text or "")):
                yield from self._text(_local(line.tag), text, EntryKind.shown)
        yield from self._divided()

    def _divided(self) -> Iterator[Entry]:
        """The values of which a part is also a part of another one, which is listed once."""
        for place, texts in self._parts.items():
            for value in dict.fromkeys(joined_values(texts)):
                yield Entry(f"{self._part}, {place}, as a whole", value, EntryKind.hidden)

    def _element(self, node: etree._Element, lines: dict[etree._Element, None]) -> Iterator[Entry]:
        name = _local(node.tag)
        text = node.text
        for key, written in node.items():
            attribute, value = _local(str(key)), str(written)
            if is_package_setting(name, attribute, value):
                yield Entry(f"{self._part}, {attribute} of {name}", value, EntryKind.setting)
            elif not is_setting(name, attribute, value):
                kind = self._kind(name, attribute)
                yield from self._text(f"{attribute} of {name}", value, kind)
            if attribute in _FORMULAS:
                yield from self._constants(f"{attribute} of {name}", value)
        if name in self._joined and self._is_in_columns(node):
            return
        if name in _LINES or (len(node) and text and not text.isspace()):
            lines[node] = None
        if text and is_package_setting(name, "", text):
            yield Entry(f"{self._part}, {name}", text, EntryKind.setting)
        elif text and name not in self._listed_elements and not is_setting(name, "", text):
            yield from self._text(name, text, self._kind(name, ""))
        if text and name in _FORMULAS:
            yield from self._constants(name, text)

    def _constants(self, place: str, formula: str) -> Iterator[Entry]:
        for text in (joined_constants(formula), *joined_values(list_items(formula))):
            yield from self._text(place, text, EntryKind.hidden)

    @staticmethod
    def _is_in_columns(node: etree._Element) -> bool:
        """Whether `_columns` lists the text of an element: if it is where the standard has it."""
        while (parents := _PARENTS.get(_local(node.tag))) is not None:
            parent = node.getparent()
            if parent is None or _local(parent.tag) not in parents:
                return False
            node = parent
        return True

    def _special(self, node: etree._Element) -> Iterator[Entry]:
        """A comment, a processing instruction or a reference to an entity."""
        # The serialised form also has the target of an instruction.
        text = etree.tostring(node, encoding="unicode", with_tail=False)
        kind = "comment" if text.startswith("<!--") else "processing instruction"
        text = text.removeprefix("<!--").removesuffix("-->")
        yield from self._text(kind, text, EntryKind.hidden)

    def _columns(self) -> Iterator[Entry]:
        """The strings of a workbook, the other stored values of cells, and formulas."""
        formulas = [str(one.text or "") for one in self._root.iter("{*}f")]
        texts = {
            "strings": (
                "".join(map(str, one.itertext(etree.Element))) for one in self._root.iter("{*}si")
            ),
            "strings as seen": _strings_as_seen(self._root),
            "values of cells": map(_row_text, self._root.iter("{*}row", "{*}r")),
            "formulas": formulas,
            "texts of formulas": map(joined_constants, formulas),
        }
        for place, lines in texts.items():
            yield from self._text(place, SEPARATOR.join(filter(None, lines)), EntryKind.hidden)

    def _names(self, data: bytes) -> Iterator[Entry]:
        names: set[str] = set()
        for node in self._root.iter(etree.Element):
            is_own = _is_own(node.tag)
            if is_own:
                names.add(_local(node.tag))
            names.update(_local(str(key)) for key in node.attrib if is_own or _is_odd(str(key)))
        text = data.decode("utf-16" if data.startswith(_WIDE) else "utf-8", errors="replace")
        for prefix, uri in set(_NAMESPACE.findall(text)):
            names.update({prefix} if not _PREFIX.fullmatch(prefix) else ())
            names.update({uri} if not _STANDARD.fullmatch(uri) else ())
        for name in sorted(names):
            yield from self._text("names of elements", name, EntryKind.name)

    def _text(self, place: str, text: str, kind: EntryKind) -> Iterator[Entry]:
        if text.isspace():
            return
        if has_few_figures(f"{self._part}, {place}"):
            self._parts.setdefault(place, []).append(text)
        if (place, text) in self._listed:
            return
        self._listed.add((place, text))
        yield from self._nested.text(f"{self._part}, {place}", text, kind)

    def _kind(self, element: str, attribute: str) -> EntryKind:
        is_author = attribute in _AUTHORS or element in _AUTHORS
        return EntryKind.metadata if self._is_properties or is_author else EntryKind.hidden


def _strings_as_seen(root: etree._Element) -> Iterator[str]:
    """The strings with runs of several formats, or with readings, as a reader sees them."""
    for item in root.iter("{*}si", "{*}is"):
        if child(item, "rPh") is not None or child(item, "r") is not None:
            nodes = list(nodes_of(item))
            yield from (text_in_order(nodes, order) for order in as_seen(nodes))


def _row_text(row: etree._Element) -> str:
    """The values of the cells of a sheet, or of a record of a pivot table's cache."""
    cells = (
        str(cell.get("v") or "") or "".join(map(str, _texts_without_formula(cell))) for cell in row
    )
    return "\t".join(cells).strip()


def _texts_without_formula(cell: etree._Element) -> Iterator[str]:
    for element in cell.iter(etree.Element):
        if element.text and _local(element.tag) != "f":
            yield element.text


@cache
def _is_own(tag: str) -> bool:
    """Whether an element's name is not one of a standard."""
    namespace, _, local = tag.rpartition("}")
    is_standard = bool(namespace) and _STANDARD.fullmatch(namespace.lstrip("{"))
    return not (is_standard and _LOCAL.fullmatch(local))


@cache
def _is_odd(key: str) -> bool:
    """Whether an attribute's name may be more than a name of a standard."""
    namespace, _, local = key.rpartition("}")
    is_standard = not namespace or _STANDARD.fullmatch(namespace.lstrip("{"))
    return not (is_standard and _LOCAL.fullmatch(local))


@cache
def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _raw_text(data: bytes) -> str:
    try:
        return decode(data)
    except NotText:
        return data.decode("utf-8", errors="replace")
