"""One entry of a file's inventory."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class EntryKind(StrEnum):
    """What an entry is.

    `shown` is text that a reader of the document sees; `hidden` is text that the file holds and
    does not show; `metadata` describes the document or a part of it (properties, authors, names of
    fields); `name` is the name of a part or of an attached file; `setting` is a value that
    controls layout or behaviour and was checked against the values that its place can have;
    `unread` may hold text that was not read.
    """

    shown = "shown"
    hidden = "hidden"
    metadata = "metadata"
    name = "name"
    setting = "setting"
    unread = "unread"


@dataclass(frozen=True, slots=True)
class Entry:
    """A text in a file, or a part of the file that may hold text and was not read.

    `where` names the place for a person, such as `word/comments.xml, author of a comment` or
    `page 3, annotation`. `text` is decoded: no escapes, percent-encoding or Base64; empty if
    `kind` is `unread`. `reason` says why an `unread` entry was not read, such as `picture`,
    `embedded file` or `unknown stream`.
    """

    where: str
    text: str
    kind: EntryKind
    reason: str = ""
