"""The original of a PDF that is masked: flattened, searched, and opened for rendering."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pikepdf

from documents.errors import CorruptDocument, EncryptedDocument
from documents.inventory.pdf.content import Key
from documents.masking.account import Account
from documents.readers.pdf.fields import field_of
from documents.readers.pdf.malformed import MALFORMED
from documents.readers.pdf.notes import note_of

_MOST_LISTED = 100_000
_DAMAGED = "The PDF is damaged or cut short. Save or send it again."


def opened(path: Path, account: Account) -> pikepdf.Pdf:
    """Open a PDF with its annotations and form fields as part of its pages.

    So they are searched with the page, as they are displayed. Each page's content becomes one
    stream. Adds to the account what no masked file gets, and the texts of fields and notes: not
    all of them are displayed. Raises a `DocumentError`.
    """
    try:
        pdf = pikepdf.open(path)
        account.removed.update(_removed_parts(pdf))
        account.left_out += (text for page in pdf.pages for text in _texts(page))
        pdf.flatten_annotations("screen")
        # What is left of them is not displayed.
        _delete(pdf.Root, "/AcroForm")
        for page in pdf.pages:
            _delete(page.obj, "/Annots")
            if "/Contents" in page.obj:
                page.contents_coalesce()
    except pikepdf.PasswordError as error:
        raise EncryptedDocument("The PDF has a password. Send it without one.") from error
    except MALFORMED as error:
        raise CorruptDocument(_DAMAGED) from error
    return pdf


def _delete(dictionary: Any, key: str) -> None:
    if key in dictionary:
        del dictionary[key]


def saved(pdf: pikepdf.Pdf) -> bytes:
    """Write a PDF. Raises `CorruptDocument`."""
    written = io.BytesIO()
    try:
        pdf.save(written, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    except MALFORMED as error:
        raise CorruptDocument(_DAMAGED) from error
    return written.getvalue()


def _removed_parts(pdf: pikepdf.Pdf) -> Counter[str]:
    """How many parts of each kind a PDF has that no masked file gets."""
    root = pdf.Root
    found: Counter[str] = Counter()
    found["properties"] += len(pdf.trailer.get("/Info", {})) + ("/Metadata" in root)
    found["attachments"] += len(pdf.attachments)
    found["bookmarks"] += _bookmarks(root.get("/Outlines"))
    form = root.get("/AcroForm")
    fields = form.get("/Fields") if isinstance(form, pikepdf.Dictionary) else None
    found["form fields"] += len(fields) if isinstance(fields, pikepdf.Array) else 0
    found["scripts and actions"] += sum(key in root for key in ("/OpenAction", "/AA"))
    for page in pdf.pages:
        found["scripts and actions"] += "/AA" in page.obj
        for note in _notes(page):
            found[_kind_of(note)] += 1
    return +found


def _kind_of(note: Any) -> str:
    subtype = str(note.get("/Subtype"))
    return {"/Link": "links", "/Widget": "form fields", "/FileAttachment": "attachments"}.get(
        subtype, "annotations"
    )


def _notes(page: pikepdf.Page) -> Iterator[Any]:
    notes = page.obj.get("/Annots")
    listed: Sequence[Any] = list(notes)[:_MOST_LISTED] if isinstance(notes, pikepdf.Array) else ()
    return (note for note in listed if isinstance(note, pikepdf.Dictionary))


def _texts(page: pikepdf.Page) -> Iterator[str]:
    """The texts of form fields and notes that the document's reader has in the text."""
    for note in _notes(page):
        with suppress(*MALFORMED):
            is_field = str(note.get("/Subtype")) == "/Widget"
            found = field_of(note) if is_field else note_of(note)
            if found and found.text:
                yield found.text


def _bookmarks(outlines: Any) -> int:
    count, pending, seen = 0, [outlines], set[Key]()
    while pending and count < _MOST_LISTED:
        item = pending.pop()
        if not isinstance(item, pikepdf.Dictionary) or item.objgen in seen:
            continue
        seen.add(item.objgen)
        count += "/Title" in item
        pending += [item.get("/First"), item.get("/Next")]
    return count
