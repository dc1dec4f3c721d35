"""Lists the text of headers of e-mails, and names headers with words that cannot be decoded."""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from documents.inventory.encodings import binary_text, decoded, encoded
from documents.inventory.entry import Entry, EntryKind, Unread, unread
from documents.inventory.known_forms import is_known_form
from documents.inventory.nested import Nested
from documents.inventory.server_notes import divided, has_server_bytes
from documents.readers.text.plausibility import LIKELY, commonness

# Headers whose words without a meaning are known to be numbers of messages, servers and keys: RFC
# 4021, RFC 7489, RFC 8601, and those of widespread programs and services. `server_notes` has more.
_UNDERSTOOD = re.compile(
    r"(?:resent-)?(?:from|sender|reply-to|to|cc|bcc|date|message-id)|subject|comments|keywords"
    r"|in-reply-to|references|received(?:-spf)?|return-path|delivered-to|envelope-to|mime-version"
    r"|(?:arc-)?authentication-results(?:-original)?|content-[a-z-]{2,40}|list-[a-z-]{2,40}"
    r"|auto-submitted|precedence|importance|priority|sensitivity|organization|user-agent"
    r"|arc-[a-z-]{2,40}|thread-topic|(?:accept|content)-language|feedback-id|errors-to"
    r"|disposition-notification-to"
    r"|x-(?:mailer|priority|msmail-priority|mimeole|originating-ip|received|sender|envelope-[a-z]{2,9}"
    r"|original-[a-z-]{2,20}|ms|forefront|eop[a-z]{0,20}|exchange|office365|foxmail|netease|spam"
    r"|virus|antivirus|amavis|barracuda|ironport|yahoo|apple|uniform-type-identifier"
    r"|universally-unique-identifier)(?:-[a-z0-9-]{1,60})?",
    re.IGNORECASE,
)
_THREAD_INDEX = "thread-index"
_WORD = re.compile(r"[A-Za-z0-9+/_-]{12,}={0,2}")
# Numbers of 16 bytes, and the usual digests.
_NUMBER = re.compile(
    r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
    r"|(?=[0-9A-Fa-f]*\Z)(?:.{32}|.{40}|.{64})"
)
# Letters and digits in turns, which neither words nor versions have.
_MIXED = re.compile(r"[A-Za-z]\d+[A-Za-z]|\d[A-Za-z]+\d")
# MS-OXOMSG, 2.2.1.3: a mark, the time of the first message, a GUID; five bytes for each answer.
_FIRST, _ANSWER, _GUID_AT = 22, 5, 6
_MOST_ANSWERS = 1_000
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)
_YEARS = range(1995, 2100)


def header_entries(
    name: str, value: str, kind: EntryKind, nested: Nested, *, whole: bool = False
) -> Iterator[Entry]:
    """Yield the text of a header and of the bytes in it, and the header as unread if it has words
    that cannot be decoded.

    `value` has no encoded words. `whole`: as of `Entry`.
    """
    where = f"header {name}"
    if name.lower() == _THREAD_INDEX:
        yield from _thread_entries(where, value, nested)
        return
    text, notes = divided(name, value)
    yield from nested.text(where, text, kind, whole=whole)
    for note in notes:
        yield from _of_bytes(f"{where}, {note.tag}", note.digits, note.data, nested)
    if not _is_understood(name) and any(map(_is_opaque, _WORD.findall(decoded(value)))):
        yield unread(where, Unread.encoded_data)


def _thread_entries(where: str, value: str, nested: Nested) -> Iterator[Entry]:
    data = _thread_index(value)
    yield from _of_bytes(where, value, data or b"", nested)
    if data is None:
        yield unread(where, Unread.encoded_data)
    else:
        yield Entry(where, binary_text(data[_GUID_AT:_FIRST]), EntryKind.metadata)


def _of_bytes(where: str, digits: str, data: bytes, nested: Nested) -> Iterator[Entry]:
    """The text in the digits and in the bytes, also encoded once more; the rest has no meaning."""
    for text in (digits, binary_text(data)):
        for entry in nested.text(where, text, EntryKind.hidden):
            if entry.reason != Unread.encoded_data.value:
                yield entry


def _is_understood(name: str) -> bool:
    return _UNDERSTOOD.fullmatch(name) is not None or has_server_bytes(name)


def _thread_index(value: str) -> bytes | None:
    """The bytes of an index; None if they are something else, or hold compressed data."""
    try:
        data = b64decode("".join(value.split()), validate=True)
    except (Error, ValueError):
        return None
    answers, rest = divmod(len(data) - _FIRST, _ANSWER)
    if rest or not 0 <= answers <= _MOST_ANSWERS or is_known_form(data):
        return None
    # The upper bytes of a number of intervals of 100 nanoseconds.
    microseconds = int.from_bytes(data[:_GUID_AT].ljust(8, b"\0"), "big") // 10
    try:
        return data if (_EPOCH + timedelta(microseconds=microseconds)).year in _YEARS else None
    except OverflowError:
        return None


def _is_opaque(word: str) -> bool:
    """Whether a word has no meaning and is no text in Base64 or other digits.

    Longer ones are named as data where the text of the header is listed.
    """
    if _NUMBER.fullmatch(word) or not _MIXED.search(word):
        return False
    runs = list(encoded(word))
    return not any(run.data or any(map(_is_telling, run.texts)) for run in runs)


def _is_telling(text: str) -> bool:
    """Whether a text is rather one than the bytes of a number, which may be a few characters."""
    return text.isprintable() and (text.isascii() or commonness(text, "gb18030") >= LIKELY)
