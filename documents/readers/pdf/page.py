"""Reads one page of a PDF after the other, as text or by OCR."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial

import pypdfium2 as pdfium
import pypdfium2.raw as c

from documents.document import BlockKind
from documents.draft import Draft
from documents.limits import ReadLimits
from documents.ocr.layout import Placed
from documents.page.appearance import PageKind, page_features
from documents.page.blocks import Box, Glyph, PageBlock, blocks, lines
from documents.page.line_order import by_place, in_reading_order
from documents.page.vertical import is_vertical, turned, turned_back
from documents.page.wrapped_tables import wrapped_tables
from documents.readers.ahead import Finish
from documents.readers.pdf.characters import (
    Look,
    LookOf,
    Place,
    page_glyphs,
    picture_boxes,
    placing,
)
from documents.readers.pdf.drawn_boxes import drawn_boxes
from documents.readers.pdf.equations import with_equations
from documents.readers.pdf.fields import Field
from documents.readers.pdf.form_text import Value, with_values
from documents.readers.pdf.layers import HiddenObjects
from documents.readers.pdf.objects import objects
from documents.readers.pdf.raised import with_powers
from documents.readers.pdf.slanted import slanted_texts
from documents.readers.pdf.spelling import around, as_shown
from documents.readers.pdf.structure import PageExtras
from documents.readers.pdf.tables import rulings, tables
from documents.readers.pdf.unmapped import Run, texts_of, unknown_runs, with_texts
from documents.readers.pdf.visibility import Visibility
from documents.readers.scanned_pages import (
    DOTS,
    MOST_SIDE,
    Rendered,
    ScannedPages,
    add_blocks,
    add_lines,
)

_LEAST_RUN = 2  # OCR mistakes a single character for a similar one
_MARGIN = 8.0  # points around what OCR reads
_NO_BOX = (0.0, 0.0, 0.0, 0.0)
_UNMAPPED = "the font does not say which characters it draws"
_MANY_SHAPES = "boxes to tick are not read on a page with so many small shapes"
_UNSEEN = "text that the page does not show is not read"
OnPage = tuple[int, PageBlock]
"""The number of a page, and a block on it."""


class PageReader:
    """Adds the pages of a document to its draft.

    `hidden` and `notes` are blocks that follow the body; `known`, `unknown` and `objects` count
    characters with and without a meaning, and objects.
    """

    def __init__(self, draft: Draft, scans: ScannedPages, limits: ReadLimits) -> None:
        self._draft = draft
        self._scans = scans
        self._limits = limits
        self.hidden: list[OnPage] = []
        self.notes: list[OnPage] = []
        self.heights: dict[int, float] = {}
        self._slanted: set[str] = set()
        self.known = self.unknown = self.objects = 0

    def begin(
        self, page: pdfium.PdfPage, number: int, extras: PageExtras, *, is_layered: bool
    ) -> Finish:
        """Read a page as far as OCR, which has begun for a page that is a picture.

        What is returned adds the page to the draft, and does not need `page`.
        """
        place, size = placing(page), page.get_size()
        self.heights[number] = size[1]
        every = list(objects(page))
        layers = HiddenObjects() if is_layered else None
        off = layers.texts(every) if layers else frozenset()
        items = list(layers.shown(every)) if layers else every
        visibility = Visibility(page, items, place)
        glyphs = page_glyphs(page, every, place, _look_of(off, visibility))
        self._add_notes(number, extras, place)
        self._add_slanted(number, glyphs.slanted)
        self._add_hidden(number, glyphs.hidden, extras, place)
        shown = as_shown(glyphs.shown)
        values = [_value(one, place) for one in extras.fields if one.text and not one.is_hidden]
        fields = [place(*one.box) for one in extras.fields]
        drawn = drawn_boxes(items, shown, fields, place)
        if drawn is None:
            self._leave_out("form", number, _MANY_SHAPES, None)
        if inserted := [*values, *(drawn or ())]:
            shown = with_values(shown, inserted)
        count = c.FPDFPage_CountObjects(page)
        features = page_features(size, shown, picture_boxes(items, place), count)
        self.known += features.known
        self.unknown += features.unknown
        self.objects += count
        if features.kind in {PageKind.picture, PageKind.both}:
            # The values of fields are not always in the picture.
            is_mixed = features.kind is PageKind.both or features.unknown > features.known or values
            layer = lines(_known(shown)) if is_mixed else []
            return self._scans.begin(number, features.kind, layer, partial(_rendered, page))
        placed: Sequence[Placed] = ()
        if features.unknown:
            shown, placed = self._with_unmapped(page, number, shown)
        along, down = rulings(items, place)
        text = with_powers(with_equations(shown, along, down))
        outside, ruled = tables(text, along, down)
        return partial(self._add_text, number, size[0], outside, ruled, placed)

    def _add_text(
        self,
        number: int,
        width: float,
        outside: Sequence[Glyph],
        ruled: Sequence[PageBlock],
        placed: Sequence[Placed],
    ) -> None:
        if not is_vertical(outside):
            left, wrapped = wrapped_tables(lines(outside))
            found = sorted([*ruled, *wrapped], key=lambda one: one.box[1])
            add_lines(self._draft, in_reading_order(left), number, placed, found)
            return
        upright = blocks(by_place(lines(turned(outside, width))))
        body = [replace(one, box=turned_back(one.box, width)) for one in upright]
        add_blocks(self._draft, [*body, *ruled], number, placed)

    def _with_unmapped(
        self, page: pdfium.PdfPage, number: int, shown: Sequence[Glyph]
    ) -> tuple[list[Glyph], list[Placed]]:
        """The characters with those that OCR reads, and the lines in which it read them."""
        runs = unknown_runs(shown)
        texts: dict[Run, str] = {}
        placed: list[Placed] = []
        long = [run for run in runs if run.count >= _LEAST_RUN]
        if long:
            box = around([run.box for run in long])
            frame = self._scans.part(number, partial(_rendered_part, page, box))
            if frame is not None:
                texts, placed = texts_of(long, frame)
        for run in runs:
            if run not in texts:
                what = "text" if run.count >= _LEAST_RUN else "character"
                self._leave_out(what, number, _UNMAPPED, run.box)
        return with_texts(shown, runs, texts), placed

    def _leave_out(self, what: str, number: int, reason: str, box: Box | None) -> None:
        place = f"page {number}"
        self._draft.leave_out(what, place, reason, page=number, box=box and _rounded(box))

    def _add_notes(self, number: int, extras: PageExtras, place: Place) -> None:
        for one in extras.notes:
            box = _rounded(place(*one.box)) if one.box else None
            if one.unread:
                self._leave_out(one.unread, number, f"a {one.unread} on the page", box)
            if one.text and (self._limits.hidden or not one.is_hidden):
                listed = self.hidden if one.is_hidden else self.notes
                listed.append((number, PageBlock(one.text, BlockKind.annotation, box or _NO_BOX)))
        for field in extras.fields:
            if field.unread:
                self._leave_out("form", number, field.unread, place(*field.box))

    def _add_slanted(self, number: int, glyphs: Sequence[Glyph]) -> None:
        """Add watermarks and other slanted text as annotations, each text once."""
        for block in slanted_texts(as_shown(glyphs)):
            if block.text not in self._slanted:
                self._slanted.add(block.text)
                self.notes.append((number, block))

    def _add_hidden(
        self, number: int, glyphs: Sequence[Glyph], extras: PageExtras, place: Place
    ) -> None:
        found = blocks(lines(as_shown(glyphs)))
        if not self._limits.hidden:
            if found:
                self._leave_out("hidden text", number, _UNSEEN, None)
            return
        self.hidden += [(number, block) for block in found]
        for one in extras.fields:
            if one.is_hidden and not one.is_mark and one.text:
                block = PageBlock(one.text, BlockKind.hidden, _rounded(place(*one.box)))
                self.hidden.append((number, block))


def _look_of(off: Collection[int], visibility: Visibility) -> LookOf | None:
    """How the characters of a page are seen, of which the texts `off` are on hidden layers."""
    if not off:
        return visibility.look if visibility else None

    def look(address: int, box: Box) -> Look:
        return Look.hidden if address in off else visibility.look(address, box)

    return look


def ocr_scale(size: tuple[float, float]) -> float:
    """The pixels per point of a page of `size` points, rendered for OCR."""
    return min(DOTS / 72, MOST_SIDE / max(size))


def _rendered(page: pdfium.PdfPage) -> Rendered:
    scale = ocr_scale(page.get_size())
    picture = page.render(scale=scale, rev_byteorder=True).to_pil()
    return Rendered(picture, 1 / scale)


def _rendered_part(page: pdfium.PdfPage, box: Box) -> Rendered:
    """The part of a page that OCR reads for the characters in a box."""
    picture, scale, _ = _rendered(page)
    left, top = (max(0, int((edge - _MARGIN) / scale)) for edge in box[:2])
    right, bottom = (int((edge + _MARGIN) / scale) + 1 for edge in box[2:])
    part = picture.crop((left, top, min(right, picture.width), min(bottom, picture.height)))
    return Rendered(part, scale, (left * scale, top * scale))


def _known(glyphs: Iterable[Glyph]) -> Iterator[Glyph]:
    return (glyph for glyph in glyphs if glyph.is_known)


def _value(one: Field, place: Place) -> Value:
    return Value(one.text, place(*one.box), one.is_mark)


def _rounded(box: Box) -> Box:
    left, top, right, bottom = (round(edge, 2) for edge in box)
    return left, top, right, bottom
