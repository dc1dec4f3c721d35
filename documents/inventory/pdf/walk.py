"""Lists everything in a PDF that can hold text.

Every object is walked, whether a page uses it or not, and then the bytes that belong to no object
of the last revision.
"""

from __future__ import annotations

import io
import re
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2 as pdfium

from documents.errors import CorruptDocument, EncryptedDocument
from documents.inventory.encodings import decoded
from documents.inventory.entry import Entry, EntryKind, Unread, unread
from documents.inventory.nested import Inventory, Nested, Walk
from documents.inventory.pdf.asides import OPERATORS
from documents.inventory.pdf.cmaps import readings
from documents.inventory.pdf.content import ContentReader, Key, PageText, parsed, texts_of
from documents.inventory.pdf.corrected import corrected
from documents.inventory.pdf.fonts import Font
from documents.inventory.pdf.glyph_names import UNKNOWN
from documents.inventory.pdf.labels import ATTACHED, labels_of
from documents.inventory.pdf.leftovers import leftovers, strings_in
from documents.inventory.pdf.orphans import (
    is_readable,
    maps_of,
    pages_outside,
    resources_of_page,
)
from documents.inventory.pdf.page_entries import entries_of_pages
from documents.inventory.pdf.pages import PageTexts
from documents.inventory.pdf.streams import comments_in, entries_of
from documents.inventory.pdf.strings import (
    is_hash,
    text_of_name,
    text_of_number,
    texts_of_string,
)
from documents.inventory.scripts import puts_text_together
from documents.inventory.web_page import TAG, without_tags
from documents.limits import ReadLimits
from documents.readers.pdf.malformed import MALFORMED, name_of

_CODES = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
UNKNOWN_CHARACTERS = "characters without a known meaning"
_MOST_DEPTH = 60
_NEVER_CONTENT = ("font", "character map")
# Names of destinations as converters count them, which look like IP addresses.
_OUTLINE_NUMBER = re.compile(r"\d{1,3}(?:\.\d{1,3})*")
_GLYPH_NAMES = re.compile(r"(?:/[A-Za-z0-9._]{1,40})+")
_SKIPPED_STREAMS = frozenset(("/XRef", "/ObjStm"))
_METADATA = frozenset(("/Info", "/Title", "/Author", "/Subject", "/Keywords", "/Creator", "/T"))
_SCRIPTS = (", JS", ", script")
_SYSTEM = frozenset(("Adobe", "Identity", "GB1", "CNS1", "Japan1", "Korea1", "KR", "UCS"))


def walk(inventory: Inventory) -> Walk:
    """Return a walk of PDFs; `inventory` lists attached files."""

    def entries(path: Path, limits: ReadLimits) -> Iterator[Entry]:
        return entries_in(path.read_bytes(), Nested(limits, inventory))

    return entries


def entries_in(data: bytes, nested: Nested) -> Iterator[Entry]:
    """Yield every text in a PDF, and what was not read. Raises a `DocumentError`."""
    try:
        with pikepdf.open(io.BytesIO(data)) as pdf, pdfium.PdfDocument(data) as shown:
            yield from _Walk(pdf, shown, data, nested).entries()
    except pikepdf.PasswordError as error:
        raise EncryptedDocument("The PDF has a password. Send it without one.") from error
    except (pikepdf.PdfError, pdfium.PdfiumError) as error:
        raise CorruptDocument("The PDF is damaged or cut short. Save or send it again.") from error


class _Walk:
    def __init__(
        self, pdf: pikepdf.Pdf, shown: pdfium.PdfDocument, data: bytes, nested: Nested
    ) -> None:
        self._nested = nested
        self._pdf = pdf
        self._shown = shown
        self._data = data
        self._labels = dict(labels_of(pdf))
        self._reader = ContentReader()
        # What content streams have beside shown text, of those that were read.
        self._asides: dict[Key, list[Any]] = {}
        # Streams that were read as parts of a joined one.
        self._parts: set[Key] = set()
        self._pages_listed: set[Key] = set()
        # Pages beyond the limit, and their content.
        self._beyond: set[Key] = set()
        # Pages with text that contradicts its glyphs, and its fonts.
        self._disputed_pages: set[int] = set()
        self._disputed: dict[int, Font] = {}
        self._names: set[str] = set()
        self._texts: set[str] = set()

    def entries(self) -> Iterator[Entry]:
        yield from self._pages()
        for page in list(pages_outside(self._pdf, self._pages_listed)):
            yield from _safely("page outside the page tree", self._page_outside(page))
        for item in self._pdf.objects:
            if isinstance(item, pikepdf.Object) and item.objgen not in self._beyond:
                yield from _safely("object", self._object(item))
        yield from _safely("trailer", self._value("trailer", self._pdf.trailer, 0))
        yield from leftovers(self._data, self._pdf, self._texts, self._maps)
        yield from self._as_drawn()

    @cached_property
    def _maps(self) -> list[Mapping[bytes, str]]:
        return maps_of(self._pdf)

    def _pages(self) -> Iterator[Entry]:
        """The text of each page as PDFium reads it, and as its content streams are written."""
        texts = PageTexts(self._shown, self._nested.limits)
        count = len(texts.layers)
        if not texts.is_complete:
            yield unread("pages", Unread.too_long)
        yield from entries_of_pages(texts)
        for number, page in enumerate(islice(self._pdf.pages, self._nested.limits.max_pages)):
            where = f"page {number + 1}"
            self._pages_listed.add(page.obj.objgen)
            content = self._content_of(page.obj, where)
            read = texts.text(number) if number < count else ""
            for own in texts_of(content.strings):
                if _solid(own) != _solid(read):
                    yield Entry(f"{where}, content", own, EntryKind.shown, whole=True)
            if content.disputed:
                self._disputed_pages.add(number)
            yield from self._beside(where, content)
            if number < count and texts.layers[number].unknown > content.drawn:
                yield unread(where, Unread.unmapped_text)
            if not content.is_complete:
                yield Entry(where, "", EntryKind.unread, "content that cannot be read")

        for page in islice(self._pdf.pages, self._nested.limits.max_pages, None):
            self._beyond.add(page.obj.objgen)
            self._pages_listed.add(page.obj.objgen)
            unread_content: Any = page.obj.get("/Contents")
            is_list = isinstance(unread_content, pikepdf.Array)
            listed = unread_content if is_list else [unread_content]
            self._beyond.update(one.objgen for one in listed if isinstance(one, pikepdf.Stream))

    def _page_outside(self, page: Any) -> Iterator[Entry]:
        """The text of a page that is not in the page tree."""
        where = self._labels.get(page.objgen, f"object {page.objgen[0]}")
        where = f"{where}, page outside the page tree"
        content = self._content_of(page, where)
        text = yield from self._hidden(where, content)
        if resources_of_page(page) is None and content.strings:
            yield from self._without_fonts(where, [one.raw for one in content.strings])
        elif _is_unknown(text) or not content.is_complete:
            yield Entry(where, "", EntryKind.unread, UNKNOWN_CHARACTERS)
        yield from self._beside(where, content)

    def _content_of(self, page: Any, where: str) -> PageText:
        """The text of a page's content, which may be divided over several streams."""
        content = page.get("/Contents")
        if isinstance(content, pikepdf.Array):
            parts = [one for one in content if isinstance(one, pikepdf.Stream)]
            self._parts.update(one.objgen for one in parts)
            content = self._pdf.make_stream(b"\n".join(map(_bytes, parts)))
            self._labels[content.objgen] = f"{where}, content"
        if not isinstance(content, pikepdf.Stream):
            return PageText()
        return self._read(content, resources_of_page(page))

    def _read(self, stream: pikepdf.Stream, resources: Any) -> PageText:
        found = self._reader.stream(stream, resources)
        self._asides.update(found.asides)
        self._disputed.update((id(font), font) for font in found.disputed)
        return found

    def _hidden(self, where: str, content: PageText) -> Generator[Entry, None, str]:
        """The texts of a content stream that no page shows. Returns its text by its fonts' maps."""
        texts = texts_of(content.strings)
        for text in filter(str.strip, texts):
            yield Entry(where, text, EntryKind.hidden, whole=True)
        return texts[0]

    def _beside(self, where: str, content: PageText) -> Iterator[Entry]:
        """The text of patterns, Type 3 glyphs and soft masks."""
        for key, strings in content.beside.items():
            label = f"{where}, {content.labels[key]}"
            texts = texts_of(strings)
            for text in filter(str.strip, texts):
                yield Entry(label, text, EntryKind.shown)
            if UNKNOWN in texts[0]:
                yield Entry(label, "", EntryKind.unread, UNKNOWN_CHARACTERS)
        if content.inline_pictures:
            yield unread(where, Unread.picture)
        if content.disputed:
            yield unread(where, Unread.contradicted_text)

    def _as_drawn(self) -> Iterator[Entry]:
        """The pages as PDFium reads them by what fonts draw, where their maps say something else.

        It changes the fonts: everything else must have been listed.
        """
        if not self._disputed_pages:
            return
        with corrected(self._pdf, self._disputed.values()) as shown:
            texts = PageTexts(shown, self._nested.limits)
            yield from entries_of_pages(texts, self._disputed_pages)

    def _object(self, item: Any) -> Iterator[Entry]:
        where = self._labels.get(item.objgen, f"object {item.objgen[0]}")
        if isinstance(item, pikepdf.Stream):
            if str(item.get("/Type")) in _SKIPPED_STREAMS:
                return
            yield from self._value(where, item.stream_dict, 0)
            yield from self._stream(where, item)
        else:
            yield from self._value(where, item, 0)

    def _stream(self, where: str, stream: pikepdf.Stream) -> Iterator[Entry]:
        subtype = str(stream.get("/Subtype"))
        if subtype == "/Image":
            yield from self._picture(where, stream)
        elif str(stream.get("/Type")) == "/EmbeddedFile" or where.startswith(ATTACHED):
            name = where.removeprefix(ATTACHED)
            yield from self._nested.file(name, _bytes(stream), name)
        elif stream.objgen in self._asides:
            yield from self._comments(where, stream)
        elif stream.objgen in self._parts:
            return
        elif subtype == "/Form" or "/PatternType" in stream:
            what = "" if where.endswith("appearance") else ", form object"
            yield from self._unpainted(f"{where}{what}", stream, stream.get("/Resources"))
        elif not where.endswith(_NEVER_CONTENT) and "/Type" not in stream and _is_content(stream):
            yield from self._unpainted(where, stream, None)
        else:
            yield from self._other_stream(where, stream)

    def _other_stream(self, where: str, stream: pikepdf.Stream) -> Iterator[Entry]:
        for entry in entries_of(where, stream):
            self._texts.add(entry.text)
            is_text = entry.text and not where.endswith(_NEVER_CONTENT)
            yield from self._decoded(entry) if is_text else (entry,)
            if is_text and entry.kind is EntryKind.hidden:
                # It may be content with operators that are not known.
                for string in strings_in(_bytes(stream)):
                    yield from self._string(f"{where}, string", string)

    def _picture(self, where: str, stream: pikepdf.Stream) -> Iterator[Entry]:
        """What OCR reads on a picture, and the texts beside the pixels of a JPEG."""
        budget = self._nested.limits.ocr_budget
        if str(stream.get("/Filter")) == "/DCTDecode":
            yield from self._nested.file(where, stream.read_raw_bytes(), "picture.jpg")
        elif budget is not None and budget.pages > 0:
            picture = io.BytesIO()
            pikepdf.PdfImage(stream).as_pil_image().save(picture, "PNG")
            yield from self._nested.file(where, picture.getvalue(), "picture.png")
        else:
            yield unread(where, Unread.picture)

    def _unpainted(self, where: str, stream: pikepdf.Stream, resources: Any) -> Iterator[Entry]:
        """The text of a content stream that no page paints, such as an annotation's."""
        found = self._read(stream, resources)
        text = yield from self._hidden(where, found)
        if resources is None and found.strings:
            yield from self._without_fonts(where, [one.raw for one in found.strings])
        elif _is_unknown(text) or not found.is_complete:
            yield Entry(where, "", EntryKind.unread, UNKNOWN_CHARACTERS)
        yield from self._beside(where, found)
        yield from self._comments(where, stream)

    def _without_fonts(self, where: str, strings: Sequence[bytes]) -> Iterator[Entry]:
        """Strings of a content stream whose fonts are not known, by every font of the file."""
        for text in (*texts_of_string(b"".join(strings)), *readings(strings, self._maps)):
            yield Entry(where, text, EntryKind.hidden)
        if not is_readable(strings, self._maps):
            yield Entry(where, "", EntryKind.unread, UNKNOWN_CHARACTERS)

    def _comments(self, where: str, stream: pikepdf.Stream) -> Iterator[Entry]:
        """Comments in a content stream that was read, and what it has beside shown text."""
        comments = comments_in(_bytes(stream))
        if comments:
            yield Entry(f"{where}, comment", comments, EntryKind.hidden)
        for value in self._asides[stream.objgen]:
            yield from self._value(f"{where}, operand", value, 0)

    def _value(self, where: str, value: Any, depth: int) -> Iterator[Entry]:
        """The strings, names and long numbers of a value, without the objects it refers to."""
        if depth > _MOST_DEPTH:
            yield Entry(where, "", EntryKind.unread, "nested too deeply")
        elif isinstance(value, pikepdf.Dictionary):
            yield from self._dictionary(where, value, depth)
        elif isinstance(value, pikepdf.Array):
            for one in _direct(value):
                yield from self._value(where, one, depth + 1)
        elif isinstance(value, pikepdf.String):
            yield from self._string(where, bytes(value))
        elif isinstance(value, pikepdf.Name):
            yield from self._name(where, name_of(value))
        elif text := text_of_number(value):
            yield Entry(where, text, EntryKind.hidden)

    def _dictionary(self, where: str, value: Any, depth: int) -> Iterator[Entry]:
        for key in value.keys():  # noqa: SIM118 - iterating a Dictionary is deprecated
            yield from self._name(where, key)
            inner = value[key]
            is_hash = key == "/CheckSum" or (key == "/ID" and where == "trailer")
            if is_hash and self._is_binary(inner):
                continue
            if not _is_reference(inner):
                yield from self._value(f"{where}, {key[1:]}", inner, depth + 1)

    def _string(self, where: str, value: bytes) -> Iterator[Entry]:
        for text in texts_of_string(value):
            self._texts.add(text)
            if text in _SYSTEM or (where.endswith(", D") and _OUTLINE_NUMBER.fullmatch(text)):
                continue
            is_metadata = any(f", {key[1:]}" in where for key in _METADATA)
            entry = Entry(where, text, EntryKind.metadata if is_metadata else EntryKind.hidden)
            yield from (entry,) if _GLYPH_NAMES.fullmatch(text) else self._decoded(entry)
            if TAG.search(text):  # rich text
                yield replace(entry, text=decoded(without_tags(text)))

    def _decoded(self, entry: Entry) -> Iterator[Entry]:
        """A text without escapes, and what is encoded in it."""
        yield from self._nested.text(entry.where, entry.text, entry.kind, whole=entry.whole)
        if entry.where.endswith(_SCRIPTS) and puts_text_together(entry.text):
            yield unread(entry.where, Unread.program)

    def _is_binary(self, value: Any) -> bool:
        """Whether strings are hashes; they need not be listed as leftovers either."""
        listed = value if isinstance(value, pikepdf.Array) else [value]
        strings = [bytes(one) for one in listed if isinstance(one, pikepdf.String)]
        if not all(map(is_hash, strings)):
            return False
        for one in strings:
            self._texts.update(texts_of_string(one))
        return True

    def _name(self, where: str, name: str) -> Iterator[Entry]:
        if name not in self._names:
            self._names.add(name)
            if text := text_of_name(name):
                yield Entry(where, text, EntryKind.name)


def _is_unknown(text: str) -> bool:
    """Whether a text has characters without a known meaning, or codes of a font that is missing."""
    return UNKNOWN in text or _CODES.search(text) is not None


def _safely(where: str, entries: Iterator[Entry]) -> Iterator[Entry]:
    """The entries of an object; if it is damaged, it is unread from there on."""
    try:
        yield from entries
    except MALFORMED:
        yield unread(where, Unread.damaged)


def _solid(text: str) -> str:
    return "".join(text.split())


def _bytes(stream: pikepdf.Stream) -> bytes:
    try:
        return stream.read_bytes()
    except pikepdf.PdfError:
        return b""


def _direct(values: Any) -> Iterator[Any]:
    return (one for one in values if not _is_reference(one))


def _is_reference(value: Any) -> bool:
    return isinstance(value, pikepdf.Object) and value.is_indirect


def _is_content(stream: pikepdf.Stream) -> bool:
    """Whether a stream without a type is a content stream that shows text."""
    data = _bytes(stream)
    if not (b"BT" in data and (b"Tj" in data or b"TJ" in data)):
        return False
    instructions = parsed(stream)
    return instructions is not None and all(
        str(instruction.operator) in OPERATORS for instruction in instructions
    )
