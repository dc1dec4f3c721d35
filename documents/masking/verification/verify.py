"""Reads a masked file again, in two independent ways, and says whether a masked value is left.

The first way is the inventory of the file: every text in it is searched like the original's. The
second, `decoded_bytes`, knows nothing of formats: it decodes whatever can be decoded.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from documents.errors import PagesUnread
from documents.inventory.entry import Entry, EntryKind
from documents.inventory.joined import joined
from documents.inventory.package.settings import known_values
from documents.inventory.walk import inventory
from documents.limits import OcrBudget, ReadLimits
from documents.masking.masked_file import MaskedFile
from documents.masking.pictures.rendered_pages import page_texts
from documents.masking.replacement import Find, Masking, Replacement, applied
from documents.masking.verification.decoded_bytes import layers
from documents.masking.verification.value_search import ValueSearch, is_word, without_markup
from documents.memory_file import memory_file
from documents.readers import docx, mail, pdf, sheets

# The inventories of packages do not list settings: there are very many. E-mails have attachments.
_WITH_OFFICE_SETTINGS = frozenset((docx.MEDIA_TYPE, sheets.XLSX, mail.MEDIA_TYPE))

_XML = "<?xml version='1.0' encoding='UTF-8' standalone='yes'?>"

# Values by the kind of text.
Values = dict[str, set[str]]


def recorded(masking: Masking, values: Values) -> Masking:
    """Returns a masking that adds everything it finds to `values`, as written and as read."""

    def recording(find: Find) -> Find:
        def find_and_record(text: str) -> Sequence[Replacement]:
            changes = find(text)
            for change in changes:
                written = text[change.start : change.end]
                values.setdefault(change.label, set()).update((change.value, written))
            return changes

        return find_and_record

    return replace(
        masking,
        find=recording(masking.find),
        find_by_rule=recording(masking.find_by_rule),
    )


@dataclass(frozen=True, slots=True)
class Verification:
    """What a masked file still holds.

    Attributes:
        left: The places where text to be masked is left; empty if nothing is.
        values: That text, where the inventory found it, by kind.
        unread: The parts that may hold text and cannot be read: they were not verified.
    """

    left: list[str] = field(default_factory=list)
    values: Values = field(default_factory=dict)
    unread: list[Entry] = field(default_factory=list)


def verify(
    file: MaskedFile,
    masking: Masking,
    values: Collection[str],
    limits: ReadLimits,
    *,
    by_ocr: bool = False,
) -> Verification:
    """Searches a masked file for everything that `masking` finds, and for `values`.

    With `by_ocr`, the rendered pages of a PDF and the pictures of other files are read as well.

    Raises `RedactionIncomplete` if the file is too large or nested too deeply to be verified, and a
    `DocumentError` if it cannot be read.
    """
    verification = Verification()
    recording = recorded(masking, verification.values)
    if not by_ocr:
        limits = replace(limits, ocr_pages=0)
    with memory_file(file.data) as path:
        for some in joined(_with_text(path, file.media_type, limits, verification)):
            found = ((change.start, change.end) for change in masking.find(some.text))
            for entry in some.within(found):
                if _is_left(entry.text, masking, recording):
                    verification.left.append(applied(entry.where, masking.find(entry.where)))
        search = ValueSearch(
            {value for value in values if value.strip()},
            masking.find_values,
            lambda: _settings(path, file.media_type, limits),
        )
        if by_ocr and file.media_type == pdf.MEDIA_TYPE:
            _verify_pages(path, recording, limits, verification)
    for layer in layers(file.data, limits.max_expanded_bytes):
        if search.finds(layer):
            path_of = " > ".join(layer.path) or "the file's bytes"
            verification.left.append(applied(path_of, masking.find(path_of)))
    return verification


def _with_text(
    path: Path, media_type: str, limits: ReadLimits, verification: Verification
) -> Iterator[Entry]:
    """Yield what is searched of the inventory, and note what was not read."""
    for entry in inventory(path, media_type, limits):
        if entry.kind is EntryKind.unread:
            verification.unread.append(entry)
        elif entry.kind is not EntryKind.setting:
            yield entry


def _is_left(text: str, masking: Masking, recording: Masking) -> bool:
    changes = masking.find(text)
    if "<" in text and all(is_word(change.value) for change in changes):
        # The source of a page has the names of its tags, such as `title`.
        return bool(changes) and bool(recording.find(without_markup(text)))
    return bool(changes) and bool(recording.find(text))


def _verify_pages(
    path: Path, masking: Masking, limits: ReadLimits, verification: Verification
) -> None:
    number = 0
    try:
        for number, texts in page_texts(path, OcrBudget(limits)):
            if any(masking.find(text) for text in texts):
                verification.left.append(f"page {number} as shown")
    except PagesUnread:
        where = f"pages from {number + 1} on, as shown"
        verification.unread.append(Entry(where, "", EntryKind.unread, "limit of OCR"))


def _settings(path: Path, media_type: str, limits: ReadLimits) -> Iterator[str]:
    if media_type in _WITH_OFFICE_SETTINGS:
        yield from known_values()
    yield _XML
    for entry in inventory(path, media_type, limits):
        if entry.kind is EntryKind.setting:
            yield entry.text
