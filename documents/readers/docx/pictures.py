"""What a Word document shows besides text: pictures, charts and objects of other programs."""

from __future__ import annotations

import re
from collections.abc import Mapping

from lxml import etree

from documents.document import BlockKind
from documents.draft import Draft
from documents.limits import ReadLimits
from documents.ocr.scan import Scan
from documents.ooxml.nodes import SYMBOLS, UNKNOWN_NUMBER, TextNode
from documents.ooxml.package import Package
from documents.ooxml.xml import attribute, child, local_name
from documents.readers.charts import Charts
from documents.readers.embedded_pictures import EmbeddedPictures, PictureText, Size

_EMU = 12_700.0  # in a point
_LENGTH = re.compile(
    r"(?:^|;)\s*(width|height)\s*:\s*([\d.]{1,12})(pt|in|cm|mm|px)?", re.IGNORECASE
)
_POINTS = {"pt": 1.0, "in": 72.0, "cm": 72 / 2.54, "mm": 72 / 25.4, "px": 0.75, "": 0.75}
_NEAR = 8  # elements up from a picture to its frame
_PICTURES = frozenset(("blip", "imagedata"))
_NAMES = {
    BlockKind.header: "header",
    BlockKind.footer: "footer",
    BlockKind.footnote: "note",
    BlockKind.comment: "comment",
}


class Pictures:
    """Reads the pictures and charts of one document, and notes what is not read.

    Attributes:
        part: The name of the part that is being read.
        are_unread: Whether there is a picture that was not read.
        charts: Reads charts.
    """

    def __init__(self, draft: Draft, limits: ReadLimits, package: Package) -> None:
        self.part = ""
        self.are_unread = False
        self._draft = draft
        self._package = package
        self._pictures = EmbeddedPictures(limits)
        self.charts = Charts(draft, package)
        self._targets: dict[str, dict[str, str | None]] = {}
        self._texts: dict[str, PictureText] = {}
        self._in_parts: set[tuple[BlockKind, str]] = set()
        self._count = 0
        self._object: tuple[etree._Element | None, bool] = None, False

    @property
    def scans(self) -> Mapping[bytes, Scan]:
        """What OCR read, by the digest of the picture."""
        return self._pictures.scans

    def add(self, node: TextNode, kind: BlockKind | None) -> None:
        """Read a picture; note an object that is not read. `kind` is that of the part's blocks."""
        element = node.element
        if node.name not in _PICTURES:
            self._note(node, kind)
        elif not self._is_preview(element):
            self._count += 1
            self._picture(element, kind)

    def leave_out(self, what: str, kind: BlockKind | None, reason: str) -> None:
        """Note something in a part of blocks of `kind` that is not read."""
        self._draft.leave_out(what, _place(kind), reason)

    def _picture(self, element: etree._Element, kind: BlockKind | None) -> None:
        id_ = attribute(element, "embed") or attribute(element, "id")
        is_linked = attribute(element, "link") or attribute(element, "href")
        if id_ is None and not is_linked:
            return
        target = self._target(id_ or "")
        size = _size(element)
        if size is not None and size.is_decorative:
            return
        # Headers of several kinds repeat their pictures.
        if kind is not None and target is not None:
            if (kind, target) in self._in_parts:
                return
            self._in_parts.add((kind, target))
        text = self._text(target)
        for block in text.blocks:
            self._draft.add(block.text, kind or block.kind, confidence=block.confidence)
        for seal in text.seals:
            self._draft.add_seal(seal)
        if text.unread is not None:
            self.are_unread = True
            where = f"picture {self._count}, {_place(kind)}"
            self._draft.leave_out("picture", where, text.unread)

    def _text(self, target: str | None) -> PictureText:
        """What the picture in a part says. Each is read once."""
        if target is None:
            return PictureText((), "it is not in the file")
        if target not in self._texts:
            data = self._package.data(target)
            if data is None:
                return PictureText((), "it is not in the file")
            self._texts[target] = self._pictures.read(data)
        return self._texts[target]

    def _is_preview(self, element: etree._Element) -> bool:
        """Whether a picture shows an object or a control, which is noted itself."""
        above = element.getparent()
        for _ in range(_NEAR):
            if above is None:
                return False
            if local_name(above) == "object":
                if self._object[0] is not above:
                    found = next(above.iter("{*}OLEObject", "{*}control"), None)
                    self._object = above, found is not None
                return self._object[1]
            above = above.getparent()
        return False

    def _note(self, node: TextNode, kind: BlockKind | None) -> None:
        element, where = node.element, _place(kind)
        match node.name:
            case "chart":
                self.charts.add(self._target(attribute(element, "id") or ""), where, kind=kind)
            case "OLEObject":
                program = element.get("ProgID") or "another program"
                what = "equation" if program.startswith("Equation") else "embedded object"
                self._draft.leave_out(what, where, f"it is an object of {_plain(program)}")
            case "control":
                self._draft.leave_out("form", where, "ActiveX controls are not read")
            case "contentPart":
                self._draft.leave_out("picture", where, "ink is not read")
            case name if name == UNKNOWN_NUMBER:
                reason = "Word computes the numbers of AUTONUM and LISTNUM fields"
                self._draft.leave_out("number", where, reason)
            case name if name in SYMBOLS and (font := attribute(element, "font")):
                reason = f"a character of the font {_plain(font)} has no known meaning"
                self._draft.leave_out("symbol", where, reason)

    def _target(self, id_: str) -> str | None:
        """The part in the file that a relationship of the current part leads to."""
        if self.part not in self._targets:
            self._targets[self.part] = {
                id_: None if is_external else target
                for id_, _, target, is_external in self._package.relations(self.part)
            }
        return self._targets[self.part].get(id_)


def _place(kind: BlockKind | None) -> str:
    return _NAMES.get(kind, "body") if kind is not None else "body"


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9. ]", "", name)[:40]


def _size(element: etree._Element) -> Size | None:
    """The size of a picture on the page, in points."""
    above: etree._Element | None = element.getparent()
    for _ in range(_NEAR):
        if above is None:
            return None
        match local_name(above):
            case "inline" | "anchor":
                return _extent(child(above, "extent"))
            case "pic":
                shape = child(above, "spPr")
                transform = child(shape, "xfrm") if shape is not None else None
                size = _extent(child(transform, "ext") if transform is not None else None)
                if size is not None:
                    return size
            case "shape" | "rect":
                return _style_size(above.get("style") or "")
        above = above.getparent()
    return None


def _extent(element: etree._Element | None) -> Size | None:
    if element is None:
        return None
    width, height = element.get("cx") or "", element.get("cy") or ""
    if not (width.isdecimal() and height.isdecimal() and len(width + height) < 30):
        return None
    return Size(int(width) / _EMU, int(height) / _EMU)


def _style_size(style: str) -> Size | None:
    found = {
        name.lower(): _number(length) * _POINTS[(unit or "").lower()]
        for name, length, unit in _LENGTH.findall(style)
    }
    return Size(found["width"], found["height"]) if len(found) == 2 else None


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
