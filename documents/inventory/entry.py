"""One entry of a file's inventory."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class EntryKind(StrEnum):
    """What an entry is.

    `shown` is text that a reader of the document sees; `hidden` is text that the file holds and
    does not show; `metadata` describes the document or a part of it (properties, authors, names of
    fields); `name` is the name of a part or of an attached file; `setting` is a value that
    controls layout or behaviour and was checked against the values that its place can have, which
    the walks of packages do not list;
    `unread` may hold text that was not read.
    """

    shown = "shown"
    hidden = "hidden"
    metadata = "metadata"
    name = "name"
    setting = "setting"
    unread = "unread"


class Unread(StrEnum):
    """Why a part of a file was not read."""

    picture = "picture"
    unclear_text = "text in a picture that OCR could not read with confidence"
    font = "font"
    unmapped_text = "text in a font without a mapping"
    contradicted_text = "text in a font whose mapping contradicts its glyphs"
    macros = "macros"
    program = "text that a program puts together"
    reordered = "text whose characters a style puts in another order"
    counted = "numbers that a style puts together"
    outlines = "outlines that may be text"
    signature = "electronic signature"
    embedded_file = "embedded file"
    encrypted = "encrypted"
    damaged = "damaged"
    entities = "XML entities"
    nested_too_deeply = "nested too deeply"
    encoded_data = "encoded data"
    outside_parts = "data outside the parts"
    too_long = "beyond the limits"
    other_records = "records without a reader"
    other_format = "format without an inventory"


@dataclass(frozen=True, slots=True)
class Entry:
    """A text in a file, or a part of the file that may hold text and was not read.

    `where` names the place for a person, such as `word/comments.xml, author of a comment` or
    `page 3, annotation`. `text` is decoded: no escapes, percent-encoding or Base64; empty if
    `kind` is `unread`. `reason` says why an `unread` entry was not read: one of `Unread`, or other
    words such as `unknown stream`. `whole` is true for the text of a part in its reading order,
    where lines and their position mean something; all other entries are single values.
    """

    where: str
    text: str
    kind: EntryKind
    reason: str = ""
    whole: bool = False


def unread(where: str, reason: Unread) -> Entry:
    """An entry for a part that may hold text and was not read."""
    return Entry(where, "", EntryKind.unread, reason.value)
