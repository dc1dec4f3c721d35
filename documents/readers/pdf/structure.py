"""What the objects of a PDF say that PDFium does not: layers, form fields, notes, attachments."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any

import pikepdf

from documents.readers.pdf.fields import Field, box_of, field_of
from documents.readers.pdf.layers import Layers
from documents.readers.pdf.malformed import MALFORMED
from documents.readers.pdf.notes import Note, note_of
from documents.readers.pdf.signatures import Signature, signature_of, signed_fields

_MOST_ANNOTATIONS = 20_000  # of a document
_MOST_ATTACHED = 1_000
_MOST_SIGNATURES = 100


@dataclass(slots=True)
class PageExtras:
    """The form fields and notes of one page."""

    fields: list[Field] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Structure:
    """What a PDF has beside the content of its pages.

    Attributes:
        pages: Form fields and notes by page, from 1.
        attachments: The names of attached files.
        is_portfolio: Whether the attached files are the document, and its pages a cover.
        is_xfa: Whether the form is an XFA form.
        signatures: The electronic signatures and seals.
        marked: The file with marks on content that is not shown; None if it shows all.
        damage: Which of these could not be read.
    """

    pages: Mapping[int, PageExtras]
    attachments: Sequence[str]
    is_portfolio: bool
    is_xfa: bool
    signatures: Sequence[Signature]
    marked: bytes | None
    damage: Sequence[str]


_NOTHING = Structure({}, (), False, False, (), None, ("form fields, notes, layers, attachments",))


def structure(path: Path, most_pages: int) -> Structure:
    """Read the structure of a PDF, up to `most_pages`. What is damaged is in `damage`."""
    try:
        with pikepdf.open(_opened(path)) as pdf:
            return _Reading(pdf, path, most_pages).structure()
    except MALFORMED:
        return _NOTHING


def _opened(path: Path) -> Path | io.BytesIO:
    """A file in memory has no name that can be resolved."""
    return io.BytesIO(path.read_bytes()) if path.is_relative_to("/proc") else path


class _Reading:
    """Reads each part by itself: one may be damaged."""

    def __init__(self, pdf: pikepdf.Pdf, path: Path, most_pages: int) -> None:
        self._pdf = pdf
        self._path = path
        self._most_pages = most_pages
        self._layers = Layers(pdf)
        self._pages: dict[int, PageExtras] = {}
        self._attached: list[str] = []
        self._signatures: list[Signature] = []
        self._places: dict[tuple[int, int], int] = {}
        self._damage: list[str] = []

    def structure(self) -> Structure:
        root = self._pdf.Root
        form = root.get("/AcroForm")
        self._try("form fields and notes", self._read_annotations)
        self._try("attachments", self._read_attachments)
        self._try("signatures", lambda: self._read_signatures(form))
        marked: list[bytes | None] = []
        # Last, because it changes the objects.
        self._try("layers", lambda: marked.append(self._layers.with_marks()))
        return Structure(
            self._pages,
            self._attached,
            "/Collection" in root,
            isinstance(form, pikepdf.Dictionary) and "/XFA" in form,
            self._signatures,
            marked[0] if marked else None,
            self._damage,
        )

    def _try(self, what: str, read: Any) -> None:
        try:
            read()
        except MALFORMED:
            self._damage.append(what)

    def _read_annotations(self) -> None:
        left = _MOST_ANNOTATIONS
        for number, page in enumerate(islice(self._pdf.pages, self._most_pages), 1):
            annotations = page.obj.get("/Annots")
            if not isinstance(annotations, pikepdf.Array):
                continue
            for one in islice(annotations, left):
                left -= 1
                if isinstance(one, pikepdf.Dictionary):
                    self._add(number, one)
            if not left:
                self._damage.append(f"annotations beyond the first {_MOST_ANNOTATIONS:,}")
                return

    def _add(self, number: int, annotation: Any) -> None:
        self._places[annotation.objgen] = number
        extras = self._pages.get(number) or PageExtras()
        is_off = self._layers.is_hidden(annotation.get("/OC"))
        if annotation.get("/Subtype") == "/Widget":
            if found := field_of(annotation):
                extras.fields.append(replace(found, is_hidden=True) if is_off else found)
        elif note := note_of(annotation):
            extras.notes.append(replace(note, is_hidden=True) if is_off else note)
        if extras.fields or extras.notes:
            self._pages[number] = extras

    def _read_attachments(self) -> None:
        self._attached += islice(self._pdf.attachments, _MOST_ATTACHED)

    def _read_signatures(self, form: Any) -> None:
        for signed in islice(signed_fields(form), _MOST_SIGNATURES):
            found = signature_of(signed, self._path)
            if found is None:
                continue
            widget = next((one for one in _widgets(signed) if one.objgen in self._places), None)
            if widget is not None:
                page, box = self._places[widget.objgen], box_of(widget)
                is_empty = box is None or box[0] == box[2] or box[1] == box[3]
                found = replace(found, page=page, box=None if is_empty else box)
            self._signatures.append(found)


def _widgets(signed: Any) -> Iterator[Any]:
    """The widgets of a field: itself, or its kids."""
    yield signed
    kids = signed.get("/Kids")
    if isinstance(kids, pikepdf.Array):
        yield from (kid for kid in kids if isinstance(kid, pikepdf.Dictionary))
