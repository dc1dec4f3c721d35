"""E-mails (RFC 5322, RFC 2045 to 2049), alone or in a mailbox, and their attachments."""

from __future__ import annotations

import re
import time
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes
from email.errors import MessageError
from email.message import Message
from itertools import islice
from pathlib import Path
from typing import Any

from documents.document import BlockKind, Document
from documents.draft import Draft
from documents.errors import (
    CorruptDocument,
    DocumentError,
    DocumentTooLong,
    EncryptedDocument,
    NoTextLayer,
    UnsupportedDocument,
)
from documents.limits import FileBudget, Reader, ReadLimits
from documents.memory_file import memory_file
from documents.page.lines import paragraphs
from documents.readers.html import fill
from documents.readers.mail.bodies import blocks_of, inside_of, plain_text
from documents.readers.mail.content import content_of
from documents.readers.mail.headers import body_decoding, decoded, has_text, name_of
from documents.readers.mail.mailbox import messages
from documents.readers.text import note_doubt

MEDIA_TYPE = "message/rfc822"
MOST_ATTACHMENTS = 100
MOST_DEPTH = 3  # of e-mails attached to e-mails

_SHOWN = ("From", "To", "Cc", "Date", "Subject")
_HEADER = rb"[!-9;-~]+:[^\n]*\n(?:[ \t][^\n]*\n)*"
_HEADERS = re.compile(rb"(?:From [^\n]*\n)?((?:%s){2,})(?:\n|\Z)" % _HEADER)
_WRITER = re.compile(rb"^from:", re.IGNORECASE | re.MULTILINE)
_MACHINE = re.compile(
    rb"^(?:message-id|mime-version|received|return-path|delivered-to|content-type|x-mailer):",
    re.IGNORECASE | re.MULTILINE,
)
# A web page saved with its pictures (RFC 2557) has no sender.
_ARCHIVE = re.compile(rb"^content-type:\s*multipart/related", re.IGNORECASE | re.MULTILINE)
# The first line of a mailbox ends with a date.
_BOX = re.compile(rb"From (?=[^\n]*\d\d:\d\d)[^\n]*\n")
_HEAD = 64 * 1024
_MOST_PARTS = 1_000
_TNEF = b"\x78\x9f\x3e\x22"
_SEALED = re.compile(r"application/(?:x-)?(?:pkcs7-mime|pgp-encrypted)")
# Errors of the standard library on damaged e-mails.
DAMAGE = (ValueError, LookupError, TypeError, AttributeError, RecursionError, MessageError)


def is_email(head: bytes) -> bool:
    """Whether a file with this beginning is an e-mail, or a web page saved as one.

    An e-mail begins with headers, one of them `From` and one that only mail programs write.
    """
    start = head[:_HEAD].lstrip(b"\xef\xbb\xbf\r\n").replace(b"\r\n", b"\n")
    found = _HEADERS.match(start)
    headers = found[1] if found else b""
    is_sent = _WRITER.search(headers) and (_MACHINE.search(headers) or _BOX.match(start))
    return bool(is_sent or _ARCHIVE.search(headers))


def reader(read_any: Reader) -> Reader:
    """A reader of e-mails that reads attachments with `read_any`."""

    def read(path: Path, limits: ReadLimits) -> Document:
        """Read an e-mail: headers, body, then the name and the blocks of each attachment.

        Attachments that cannot be read are named as not read, and so are pages that OCR did not
        read. All attachments share the OCR limits. Raises a `DocumentError`.
        """
        draft = Draft(limits)
        _Writer(draft, limits, read_any).write(path.read_bytes())
        return draft.finish(MEDIA_TYPE)

    return read


class _Writer:
    """Adds e-mails to a draft, with limits over all of them."""

    def __init__(self, draft: Draft, limits: ReadLimits, read_any: Reader) -> None:
        self._draft = draft
        self._files = limits.inner_files or FileBudget()
        self._limits = replace(limits, inner_files=self._files)
        self._read_any = read_any
        self._attachments = 0
        self._remaining_bytes = limits.max_expanded_bytes
        self._ocr_pages = limits.ocr_pages
        self._ocr_ends = time.monotonic() + limits.ocr_seconds

    def write(self, data: bytes) -> None:
        try:
            for one in messages(data):
                self._message(message_from_bytes(one), 1)
        except DAMAGE as error:
            raise CorruptDocument("The e-mail is damaged. Save it again.") from error

    def _message(self, message: Message, depth: int) -> None:
        shown = [(name, decoded(value)) for name in _SHOWN for value in message.get_all(name, ())]
        self._draft.add("\n".join(f"{name}: {value}" for name, value in shown))
        texts: list[Message] = []
        attached: list[Message] = []
        for count, (part, is_body) in enumerate(_parts(message)):
            if count >= _MOST_PARTS:
                raise DocumentTooLong(
                    "The e-mail has too many parts. Send its attachments separately."
                )
            (texts if is_body else attached).append(part)
        parts = _addresses(message)
        for part in texts:
            self._body(part, parts)
        for part in attached:
            self._attachment(part, depth)

    def _body(self, part: Message, parts: frozenset[str]) -> None:
        source = body_decoding(part)
        note_doubt(self._draft, source, "the body of the e-mail")
        if part.get_content_subtype() == "html":
            fill(self._draft, source.text, hidden=self._limits.hidden, parts=parts)
            return
        for paragraph in paragraphs(plain_text(part, source.text)):
            self._draft.add(paragraph)

    def _attachment(self, part: Message, depth: int) -> None:
        self._attachments += 1
        if self._attachments > MOST_ATTACHMENTS:
            raise DocumentTooLong(
                f"The e-mail has more than {MOST_ATTACHMENTS} attachments. Send them separately."
            )
        name = name_of(part)
        if blocks := blocks_of(part):
            self._draft.add(name, BlockKind.attachment)
            for block in blocks:
                self._draft.add(block)
            return
        try:
            inner = self._inner(part, depth)
            document = None if inner else self._attached(part)
        except DocumentError as error:
            if isinstance(error, NoTextLayer) and self._limits.ocr_pages is None:
                raise
            self._draft.add(f"{name} (not read: {error.title})", BlockKind.attachment)
            what = "pages" if isinstance(error, NoTextLayer) else "attachment"
            self._draft.leave_out(what, name, str(error))
            return
        self._draft.add(name + _unread_note(document), BlockKind.attachment)
        if document is not None and document.unread_pages:
            self._draft.leave_out("pages", name, _unread_note(document).strip(" ()"))
        for one in inner:
            self._message(one, depth + 1)
        if document is not None:
            self._draft.append(document)

    def _inner(self, part: Message, depth: int) -> list[Message]:
        """The attached e-mail, or those of a mailbox; none for an attachment of another format."""
        inner: list[Message] = []
        if part.get_content_type() == MEDIA_TYPE and part.is_multipart():
            inner = _unencoded(part)
        else:
            data = content_of(part)
            if data is not None and is_email(data):
                inner = list(map(message_from_bytes, messages(data)))
        if inner and depth >= MOST_DEPTH:
            raise DocumentTooLong(
                "The e-mail is nested too deeply in other e-mails. Send it separately."
            )
        return inner

    def _attached(self, part: Message) -> Document:
        data = content_of(part)
        if data is None:
            raise CorruptDocument("The attachment is damaged. Send it separately.")
        if data.startswith(_TNEF):
            raise UnsupportedDocument(
                "The attachment is in Outlook's own format (TNEF, winmail.dat), which may hold the "
                "body and other files. Send them separately."
            )
        if _SEALED.fullmatch(part.get_content_type()):
            raise EncryptedDocument(
                "The content of the e-mail is encrypted or enclosed in its signature. Send it "
                "without."
            )
        if not self._files.take():
            raise DocumentTooLong("Too many files are inside each other. Send it separately.")
        self._remaining_bytes -= len(data)
        if self._remaining_bytes < 0:
            raise DocumentTooLong("The attachments are too large together. Send them separately.")
        with memory_file(data) as path:
            # All attachments share the limit on decompressed bytes.
            most = max(1, self._limits.max_expanded_bytes // self._attachments)
            limits = replace(self._limits, max_expanded_bytes=most, **self._ocr_left())
            document = self._read_any(path, limits)
        if self._ocr_pages:
            self._ocr_pages -= len(_recognised(document))
        return document

    def _ocr_left(self) -> dict[str, Any]:
        seconds = max(0.0, self._ocr_ends - time.monotonic())
        over = self._ocr_pages is not None and not seconds
        return {"ocr_pages": 0 if over else self._ocr_pages, "ocr_seconds": seconds}


def _addresses(message: Message) -> frozenset[str]:
    """The addresses under which a page in an e-mail shows its other parts, which are read."""
    found = []
    for part in islice(message.walk(), _MOST_PARTS):
        if id_ := str(part.get("Content-ID") or "").strip(" <>"):
            found.append(f"cid:{id_}")
        found.append(str(part.get("Content-Location") or "").strip())
    return frozenset(filter(None, found))


def _unencoded(part: Message) -> list[Message]:
    """The attached e-mail; decoded where a program has encoded it, against RFC 2046, 5.2.1."""
    encoding = str(part.get("Content-Transfer-Encoding") or "").strip().lower()
    inside = inside_of(part)[:1]
    if encoding == "base64" and inside and not inside[0].items():
        payload = inside[0].get_payload()
        return [message_from_bytes(b64decode(payload))] if isinstance(payload, str) else []
    return inside


def _recognised(document: Document) -> set[int | None]:
    """The pages on which OCR read something."""
    return {block.page for block in document.blocks if block.confidence is not None}


def _unread_note(document: Document | None) -> str:
    if document is None or not document.unread_pages:
        return ""
    return f" (pages not read: {', '.join(map(str, document.unread_pages))})"


def _parts(message: Message) -> Iterator[tuple[Message, bool]]:
    """The parts of an e-mail, without those of attached e-mails, and whether each is body text."""
    if message.get_content_type() == "multipart/alternative":
        yield from _best(message)
    elif message.get_content_maintype() == "multipart" and message.is_multipart():
        for part in inside_of(message):
            yield from _parts(part)
    else:
        is_text = message.get_content_type() in {"text/plain", "text/html"}
        inline = message.get_content_disposition() != "attachment" and not message.get_filename()
        yield message, is_text and inline


def _best(message: Message) -> Iterator[tuple[Message, bool]]:
    """Of alternative parts, the one that a mail program shows: the last one with text."""
    found = [list(_parts(part)) for part in inside_of(message)]
    bodies = [parts for parts in found if any(is_body for _, is_body in parts)]
    shown = [
        parts for parts in bodies if any(is_body and has_text(part) for part, is_body in parts)
    ]
    for parts in found:
        if parts not in bodies or parts is (shown or bodies)[-1]:
            yield from parts
