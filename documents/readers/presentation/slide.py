"""The shapes of one slide as blocks."""

from __future__ import annotations

from dataclasses import replace

from lxml import etree

from documents.document import BlockKind
from documents.draft import Draft
from documents.ooxml.drawings import texts_in
from documents.ooxml.package import Package
from documents.ooxml.xml import attribute, child, local_name
from documents.readers.charts import Charts
from documents.readers.embedded_pictures import EmbeddedPictures, Size
from documents.readers.presentation.shapes import Shape, shapes
from documents.readers.presentation.text import paragraphs, plain_text
from documents.table import Grid

TITLES = frozenset(("title", "ctrTitle"))
_FOOTERS = frozenset(("ftr", "dt"))
_RECORDINGS = frozenset(
    ("videoFile", "audioFile", "audioCd", "wavAudioFile", "quickTimeFile")
)  # fmt: skip


class Slide:
    """Adds a slide to a draft. `page` is its number, `part` the name of its XML."""

    def __init__(
        self, draft: Draft, package: Package, pictures: EmbeddedPictures, part: str, page: int
    ) -> None:
        self._draft, self._package, self._page = draft, package, page
        self._pictures = pictures
        self._charts = Charts(draft, package)
        self._targets = {id_: target for id_, _, target, _ in package.relations(part)}
        self._where = f"slide {page}"

    def add(self, slide: etree._Element) -> None:
        """Add the title, then the other shapes in their order."""
        found = [shape for shape in shapes(slide) if not shape.is_hidden]
        for shape in sorted(found, key=lambda one: one.placeholder not in TITLES):
            self._add(shape)

    def _add(self, shape: Shape) -> None:
        if shape.text is not None:
            self._add_text(shape, shape.text)
        elif shape.name == "graphicFrame":
            self._add_graphic(shape)
        elif shape.name == "pic":
            self._add_picture(shape)
        elif shape.name == "contentPart":
            self._leave_out("ink", "handwriting is not read", shape)

    def _add_text(self, shape: Shape, body: etree._Element) -> None:
        if shape.placeholder == "sldNum":
            return
        kind = BlockKind.paragraph
        if shape.placeholder in TITLES:
            self._block(plain_text(body), BlockKind.heading, shape)
            return
        if shape.placeholder in _FOOTERS:
            kind = BlockKind.footer
        for text, is_item in paragraphs(body):
            self._block(text, BlockKind.list_item if is_item else kind, shape)

    def _block(self, text: str, kind: BlockKind, shape: Shape) -> None:
        self._draft.add(text, kind, page=self._page, box=shape.box)

    def _add_graphic(self, shape: Shape) -> None:
        graphic = child(shape.element, "graphic")
        data = child(graphic, "graphicData") if graphic is not None else None
        for element in data if data is not None else ():
            name = local_name(element)
            if name == "tbl":
                self._draft.add_table(_grid(element), page=self._page, box=shape.box)
            elif name == "chart":
                part = self._targets.get(attribute(element, "id") or "")
                self._charts.add(part, self._where, page=self._page, box=shape.box)
            elif name == "relIds":
                self._add_texts(attribute(element, "dm"), shape)
            elif name != "AlternateContent" or len(element):
                self._leave_out("embedded file", "embedded files are not read", shape)

    def _add_texts(self, relation: str | None, shape: Shape) -> None:
        """Add the texts of a diagram."""
        part = self._targets.get(relation or "")
        root = self._package.xml(part, lenient=True) if part else None
        for text in dict.fromkeys(texts_in(root)) if root is not None else ():
            self._block(text, BlockKind.drawing, shape)

    def _add_picture(self, shape: Shape) -> None:
        """Add the text in a picture. Raises `NoTextLayer` if a process with OCR has to read it."""
        box = shape.box
        if box is not None and Size(box[2] - box[0], box[3] - box[1]).is_decorative:
            return
        names = {local_name(one) for one in shape.element.iter()}
        if names & _RECORDINGS:
            self._leave_out("recording", "films and sounds are not read", shape)
            return
        blip = next(shape.element.iter("{*}blip"), None)
        target = self._targets.get((attribute(blip, "embed") if blip is not None else "") or "")
        data = self._package.data(target) if target else None
        if data is None:
            self._leave_out("picture", "it is not in the file", shape)
            return
        text = self._pictures.read(data)
        for one in text.blocks:
            sure = one.confidence
            self._draft.add(one.text, one.kind, page=self._page, box=box, confidence=sure)
        for seal in text.seals:
            self._draft.add_seal(replace(seal, page=self._page, box=box))
        if text.unread is not None:
            self._leave_out("picture", text.unread, shape)

    def _leave_out(self, what: str, reason: str, shape: Shape) -> None:
        self._draft.leave_out(what, self._where, reason, page=self._page, box=shape.box)


def _grid(table: etree._Element) -> Grid:
    """A table. The positions that a cell covers are cells of their own, which are empty."""
    properties = child(table, "tblPr")
    has_head = properties is not None and attribute(properties, "firstRow") in {"1", "true", "on"}
    grid = Grid(head_rows=1 if has_head else 0)
    rows = (one for one in table if local_name(one) == "tr")
    for number, row in enumerate(rows):
        cells = (one for one in row if local_name(one) == "tc")
        for column, cell in enumerate(cells):
            body = child(cell, "txBody")
            if body is None or _is_covered(cell):
                continue
            spans = (_whole(cell.get("rowSpan")), _whole(cell.get("gridSpan")))
            grid.place(number, column, plain_text(body), *spans)
    return grid


def _is_covered(cell: etree._Element) -> bool:
    return any(cell.get(merge) in {"1", "true", "on"} for merge in ("hMerge", "vMerge"))


def _whole(written: str | None) -> int:
    written = written or ""
    return int(written[:5]) if written.isascii() and written.isdecimal() else 1
