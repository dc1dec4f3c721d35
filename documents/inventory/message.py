"""Lists all text of an e-mail: every header, every alternative and every attachment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from itertools import islice, pairwise
from pathlib import Path

from documents.errors import CorruptDocument
from documents.inventory.encodings import decoded as without_escapes
from documents.inventory.entry import Entry, EntryKind, Unread, unread
from documents.inventory.mail_headers import header_entries
from documents.inventory.nested import Inventory, Nested, Walk
from documents.inventory.plain_text import text_entries
from documents.inventory.signatures import is_smime, signature_entries
from documents.inventory.web_page import markup_entries
from documents.limits import ReadLimits
from documents.readers.mail import DAMAGE
from documents.readers.mail.content import content_of, transfer_encoding
from documents.readers.mail.headers import body_decoding, decoded, guessed, name_of
from documents.readers.mail.mailbox import messages
from documents.readers.mail.parameters import parameters

_MOST_PARTS = 1_000
_PARAMETERS = frozenset(("content-type", "content-disposition"))
_SHOWN = ("From", "To", "Cc", "Date", "Subject")
# What every mail program writes; a boundary made of other words may be text.
_SETTINGS = re.compile(
    r"text/(?:plain|html); charset=\"?(?:utf-8|us-ascii|gb2312|gbk|gb18030)\"?"
    r"|multipart/(?:mixed|alternative|related); boundary=\"=_part_\d{1,5}_=\""
    r"|message/rfc822|1\.0|base64|quoted-printable|[78]bit",
    re.IGNORECASE,
)
# The name of an attachment follows, which is listed by itself.
_DISPOSITION = re.compile(
    r"(?:attachment|inline)(?:; filename\*=(?:utf-8|gb2312|gbk|gb18030)''[^\s;\"]*"
    r"|; filename=\"[^\"]*\"|(?:; filename\*\d{1,2}\*?=[^\s;\"]*)+)",
    re.IGNORECASE,
)
_FILENAME = "attachment inline filename utf-8 gb2312 gbk gb18030"
_FORMAT = frozenset(("content-type", "content-transfer-encoding", "mime-version"))
_BASE64_LINES = re.compile(r"^[A-Za-z0-9+/]*={0,2}\s*$", re.MULTILINE)
_UTF_7 = "utf-7"
_CSS = "text/css"
_TEXTUAL = frozenset(("base64", "x-uuencode", "uuencode", "uue", "x-uue"))


def walk(inventory: Inventory) -> Walk:
    """Return a walk of e-mails; `inventory` lists attachments."""

    def entries(path: Path, limits: ReadLimits) -> Iterator[Entry]:
        nested = Nested(limits, inventory)
        try:
            for data in messages(path.read_bytes()):
                yield from _message(message_from_bytes(data), data, nested)
        except DAMAGE as error:
            raise CorruptDocument("The e-mail is damaged. Save it again.") from error

    return entries


def _message(message: Message, data: bytes, nested: Nested) -> Iterator[Entry]:
    shown = [f"{name}: {decoded(one)}" for name in _SHOWN for one in message.get_all(name, ())]
    yield Entry("headers", "\n".join(shown), EntryKind.shown, whole=True)
    yield from nested.text("first line", _text(message.get_unixfrom() or ""), EntryKind.metadata)
    parts = list(islice(message.walk(), _MOST_PARTS + 1))
    if len(parts) > _MOST_PARTS:
        yield unread("parts of the e-mail", Unread.too_long)
    sheets = "\n".join(
        body_decoding(part).text for part in parts[:_MOST_PARTS] if part.get_content_type() == _CSS
    )
    for part in parts[:_MOST_PARTS]:
        yield from _headers(part, nested)
        for place, text in (("preamble", part.preamble), ("epilogue", part.epilogue)):
            yield from nested.text(place, _text(text or ""), EntryKind.hidden)
        if not part.is_multipart():
            yield from _content(part, nested, sheets)
    if any(part.defects for part in parts):
        # The parser may have dropped lines.
        source = without_escapes(_BASE64_LINES.sub("", guessed(data)))
        yield Entry("source", source, EntryKind.hidden)


def _headers(part: Message, nested: Nested) -> Iterator[Entry]:
    names = "\n".join(dict.fromkeys(part.keys()))
    yield from nested.text("names of headers", names, EntryKind.hidden)
    for name, value in part.items():
        where, is_shown = f"header {name}", name.title() in _SHOWN
        written = value if isinstance(value, str) else decoded(value)
        kind = EntryKind.shown if is_shown else EntryKind.metadata
        if name.lower() == "content-disposition" and _is_name(written):
            yield Entry(where, _FILENAME, EntryKind.setting)
            for _, words in parameters(name, written):
                yield from nested.text(f"{where}, filename", words, EntryKind.name)
            continue
        if name.lower() in _FORMAT and _SETTINGS.fullmatch(decoded(value)):
            yield Entry(where, decoded(value), EntryKind.setting)
            continue
        yield from header_entries(name, decoded(value), kind, nested, whole=is_shown)
        for key, words in parameters(name, written) if name.lower() in _PARAMETERS else ():
            if words and words not in decoded(value):
                yield from nested.text(f"{where}, {key}", words, EntryKind.metadata)


def _is_name(disposition: str) -> bool:
    """Whether a header has the name of an attachment and no other text."""
    return _DISPOSITION.fullmatch(" ".join(disposition.split())) is not None


def _content(part: Message, nested: Nested, sheets: str) -> Iterator[Entry]:
    payload = part.get_payload()
    if transfer_encoding(part) in _TEXTUAL and isinstance(payload, str):
        rest = _BASE64_LINES.sub("", payload).strip()
        yield from nested.text("text between encoded lines", _text(rest), EntryKind.hidden)
        if after := _after_end(payload):
            yield Entry("lines after encoded lines", _text(after), EntryKind.hidden)
    subtype = part.get_content_subtype()
    if part.get_content_maintype() != "text":
        data, name = content_of(part) or b"", name_of(part)
        if is_smime(part.get_content_type(), data):
            yield from signature_entries(f"{name}, signature", data)
        else:
            yield from nested.file(name, data, name)
        return
    body = body_decoding(part)
    if body.encoding == _UTF_7:
        # Some programs show it as it is written.
        source = guessed(content_of(part) or b"")
        yield from nested.text(f"{subtype} source", source, EntryKind.hidden)
    # Some programs show `x-amp-html` and `watch-html`.
    if subtype.endswith("html"):
        yield from markup_entries(body.text, nested, sheets)
    else:
        text = body.text.replace("\r\n", "\n").replace("\r", "\n")
        yield from text_entries(f"{subtype} text", text, nested)


def _after_end(payload: str) -> str:
    """The lines after one that is shorter than that before it, which ends the encoded lines."""
    lines = payload.splitlines()
    ends = (at for at, (line, after) in enumerate(pairwise(lines), 1) if len(after) < len(line))
    return "\n".join(lines[next(ends, len(lines)) + 1 :])


def _text(value: str) -> str:
    return guessed(value.encode("utf-8", "surrogateescape")) if not value.isascii() else value
