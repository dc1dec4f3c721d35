"""Writes a message of an MSG file as an e-mail in the internet format (RFC 5322)."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from typing import Any

from documents.errors import DocumentTooLong
from documents.limits import ReadLimits
from documents.readers.outlook_message.properties import Storage
from documents.readers.outlook_message.rtf import decompressed

# Properties (MS-OXPROPS).
_SUBJECT, _BODY, _HTML, _RTF = 0x0037, 0x1000, 0x1013, 0x1009
_SENDER, _SENDER_ADDRESS, _SENDER_SMTP = 0x0C1A, 0x0C1F, 0x5D01
_SENT, _RECEIVED = 0x0039, 0x0E06
_NAME, _ADDRESS, _SMTP, _TO_CC = 0x3001, 0x3003, 0x39FE, 0x0C15
_SHOWN_TO, _SHOWN_CC = 0x0E04, 0x0E03
_FILE_NAME, _SHORT_NAME, _DATA, _CONTENT_ID = 0x3707, 0x3704, 0x3701, 0x3712
_HEADERS = {1: "To", 2: "Cc"}
_MOST_OBJECTS = 1_000
_MOST_RECIPIENTS = 20_000
_MOST_DEPTH = 8
_MOST_NAME = 255  # characters of a file name
_WORD = 14  # characters of an encoded word, which has at most 75 bytes (RFC 2047, 2)


def as_email(message: Storage, limits: ReadLimits) -> bytes:
    """A message with its attachments as an e-mail. Raises a `DocumentError`."""
    return _Writer(limits).email(message, 1).as_bytes()


class _Policy(EmailPolicy):
    """Writes the headers of the message as they are: they need not be well-formed.

    The standard library would take time that grows with the square of their length.
    """

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        return (name, value) if name in _OWN else super().header_store_parse(name, value)

    def fold_binary(self, name: str, value: Any) -> bytes:
        if name not in _OWN:
            return super().fold_binary(name, value)
        words = (value[at : at + _WORD].encode() for at in range(0, len(value), _WORD))
        encoded = (b"=?utf-8?b?%s?=" % b64encode(word) for word in words)
        return b"%s: %s\r\n" % (name.encode(), b"\r\n ".join(encoded))


_OWN = frozenset(("From", "To", "Cc", "Date", "Subject"))
_POLICY = _Policy(linesep="\r\n", max_line_length=78)


class _Writer:
    def __init__(self, limits: ReadLimits) -> None:
        self._remaining = limits.max_expanded_bytes

    def email(self, message: Storage, depth: int) -> EmailMessage:
        if depth > _MOST_DEPTH:
            raise DocumentTooLong(
                "The e-mail is nested too deeply in other e-mails. Send it separately."
            )
        email = EmailMessage(policy=_POLICY)
        for name, value in _headers(message):
            email[name] = value
        self._add_bodies(email, message)
        for number, attached in enumerate(message.objects("__attach_version1.0_")):
            if number >= _MOST_OBJECTS:
                raise DocumentTooLong("The e-mail has too many attachments. Send them separately.")
            self._attach(email, attached, depth)
        return email

    def _add_bodies(self, email: EmailMessage, message: Storage) -> None:
        text, html = message.text(_BODY), message.data(_HTML)
        if html is None and (words := message.text(_HTML)):
            html = b'<meta charset="utf-8">' + words.encode("utf-8", "replace")
        self._count(text.encode("utf-8", "replace"), html or b"")
        if text.strip():
            email.set_content(text)
        if html is not None and html.strip():
            add = email.add_alternative if text.strip() else email.set_content
            add(html, maintype="text", subtype="html")
        elif not text.strip() and (packed := message.data(_RTF)):
            rtf = decompressed(packed, self._remaining)
            self._count(rtf)
            email.add_attachment(rtf, maintype="application", subtype="rtf", filename="message.rtf")

    def _attach(self, email: EmailMessage, attached: Storage, depth: int) -> None:
        name = _one_line(
            attached.text(_FILE_NAME) or attached.text(_SHORT_NAME) or attached.text(_NAME)
        )[:_MOST_NAME]
        if (inner := attached.object(_DATA)) is not None:
            email.add_attachment(self.email(inner, depth + 1), filename=name or None)
            return
        data = attached.data(_DATA)
        if data is None:
            return
        self._count(data)
        email.add_attachment(
            data, maintype="application", subtype="octet-stream", filename=name or None
        )

    def _count(self, *pieces: bytes) -> None:
        self._remaining -= sum(map(len, pieces))
        if self._remaining < 0:
            raise DocumentTooLong("The attachments are too large together. Send them separately.")


def _headers(message: Storage) -> Iterator[tuple[str, str]]:
    sender = _address(
        message.text(_SENDER), message.text(_SENDER_SMTP) or message.text(_SENDER_ADDRESS)
    )
    if sender:
        yield "From", sender
    listed: dict[str, list[str]] = {"To": [], "Cc": []}
    for number, person in enumerate(message.objects("__recip_version1.0_")):
        if number >= _MOST_RECIPIENTS:
            raise DocumentTooLong(f"The e-mail has more than {_MOST_RECIPIENTS:,} recipients.")
        header = _HEADERS.get(person.whole(_TO_CC) or 1)
        address = person.text(_SMTP) or person.text(_ADDRESS)
        written = _address(person.text(_NAME), address)
        if header and written:
            listed[header].append(written)
    for header, number in (("To", _SHOWN_TO), ("Cc", _SHOWN_CC)):
        # Drafts have the names alone.
        names = listed[header] or [_one_line(message.text(number))]
        if any(names):
            yield header, ", ".join(names)
    sent = message.time(_SENT) or message.time(_RECEIVED)
    if sent is not None:
        yield "Date", format_datetime(sent)
    yield "Subject", _one_line(message.text(_SUBJECT))


def _address(name: str, address: str) -> str:
    """`name <address>`; an address of Exchange, which is a path, is left out."""
    name, address = _one_line(name), _one_line(address)
    if "@" not in address or " " in address:
        return name
    return f"{name} <{address}>" if name and name != address else address


def _one_line(text: str) -> str:
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())
