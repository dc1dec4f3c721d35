"""The pictures and charts of a worksheet (ECMA-376 part 1, 20.5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from lxml import etree

from documents.document import BlockKind
from documents.draft import Draft
from documents.limits import ReadLimits
from documents.ocr.scan import Scan
from documents.ooxml.package import Package
from documents.ooxml.xml import attribute, child
from documents.readers.charts import Charts
from documents.readers.embedded_pictures import EmbeddedPictures, PictureText, Size

_CHARTS = frozenset(("chart", "chartEx"))
_EMU = 12_700.0  # in a point


class SheetDrawings:
    """Reads the pictures and charts of a workbook's sheets, and names what is not read.

    Attributes:
        charts: Reads charts.
    """

    def __init__(self, draft: Draft, package: Package, limits: ReadLimits) -> None:
        self._draft, self._package = draft, package
        self._pictures = EmbeddedPictures(limits)
        self.charts = Charts(draft, package)
        self._texts: dict[str, PictureText] = {}

    @property
    def scans(self) -> Mapping[bytes, Scan]:
        """What OCR read, by the digest of the picture."""
        return self._pictures.scans

    def add(self, part: str, name: str, kind: BlockKind | None) -> None:
        """Add the charts and the text in the pictures of a sheet; `kind` is that of their blocks if
        they have one.

        Raises `NoTextLayer` if a process with OCR has to read it.
        """
        for drawing in self._package.all_related(part, "/drawing"):
            parts = {
                id_: (type_.rpartition("/")[2], target)
                for id_, type_, target, is_external in self._package.relations(drawing)
                if not is_external
            }
            for type_, target in parts.values():
                if type_ in _CHARTS:
                    self.charts.add(target, name, kind=kind)
            root = self._package.xml(drawing, lenient=True)
            for id_, size in _shown(root) if root is not None else ():
                if size is None or not size.is_decorative:
                    self._add_picture(parts.get(id_, ("", ""))[1], name, kind)

    def _add_picture(self, target: str, name: str, kind: BlockKind | None) -> None:
        if target not in self._texts:
            data = self._package.data(target) if target else None
            missing = PictureText((), "it is not in the file")
            self._texts[target] = missing if data is None else self._pictures.read(data)
        text = self._texts[target]
        for block in text.blocks:
            self._draft.add(block.text, kind or block.kind, confidence=block.confidence)
        for seal in text.seals:
            self._draft.add_seal(seal)
        if text.unread is not None:
            self._draft.leave_out("picture", name, text.unread)


def _shown(drawing: etree._Element) -> Iterator[tuple[str, Size | None]]:
    """The relationship of each picture, and its size on the sheet."""
    for picture in drawing.iter("{*}pic"):
        fill, shape = child(picture, "blipFill"), child(picture, "spPr")
        blip = child(fill, "blip") if fill is not None else None
        frame = child(shape, "xfrm") if shape is not None else None
        extent = child(frame, "ext") if frame is not None else None
        embedded = attribute(blip, "embed") if blip is not None else None
        if embedded:
            yield embedded, _size(extent) if extent is not None else None


def _size(extent: etree._Element) -> Size | None:
    width, height = extent.get("cx") or "", extent.get("cy") or ""
    is_known = all(one.isascii() and one.isdecimal() and len(one) < 15 for one in (width, height))
    # Some programs write zero for a picture whose size its anchor tells.
    return Size(int(width) / _EMU, int(height) / _EMU) if is_known and int(width) else None
