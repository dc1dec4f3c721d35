"""Masks e-mails: headers, bodies, and attachments each in its own format."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from email import encoders, message_from_bytes, policy
from email.header import Header
from email.message import Message
from email.mime.base import MIMEBase
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime, parsedate_to_datetime
from itertools import islice
from pathlib import Path

from documents.detect import detect
from documents.errors import CorruptDocument, DocumentError, DocumentTooLong, NoTextLayer
from documents.inventory.web_page import shown_texts
from documents.limits import ReadLimits
from documents.masking.account import Account
from documents.masking.encoded_text import with_encoded_forms
from documents.masking.html_file import masked_page
from documents.masking.masked_file import EXTENSIONS, MaskedFile
from documents.masking.pictures.embedded import Pictures
from documents.masking.replacement import Masking, applied
from documents.masking.text_file import masked_words
from documents.memory_file import memory_file
from documents.readers import mail
from documents.readers.html import parsed
from documents.readers.mail.bodies import plain_text, report_blocks
from documents.readers.mail.content import content_of
from documents.readers.mail.headers import body_of, decoded, guessed, name_of
from documents.readers.mail.mailbox import joined, messages

MaskAny = Callable[[Path, str, Masking, ReadLimits, Account], MaskedFile]

_HEADERS = ("From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Subject", "Date")
_MULTIPART = frozenset(("mixed", "alternative", "related"))
_CSS = "text/css"
_PAGE = re.compile("text/.*html")
_SIGNATURE = re.compile(r"application/(?:x-)?(?:pkcs7|pgp)-signature")
_CONTENT_ID = re.compile(r"<[A-Za-z0-9.@_$-]{1,200}>")
_MOST_PARTS = 1_000


def mask_mail(
    path: Path, masking: Masking, limits: ReadLimits, account: Account, *, mask_any: MaskAny
) -> MaskedFile:
    """Return a masked copy of an e-mail or a mailbox. Raises a `DocumentError`.

    It has the headers that a mail program shows. Attachments are masked by `mask_any`; one that
    cannot be masked is left out, and `account` names it.
    """
    try:
        writer = _Writer(with_encoded_forms(masking), limits, account, mask_any)
        written = [
            writer.message(message_from_bytes(one), 1).as_bytes(policy=policy.SMTP)
            for one in messages(path.read_bytes())
        ]
        parts = [data.replace(b"\r\n", b"\n") for data in written]
        return MaskedFile(joined(parts), mail.MEDIA_TYPE)
    except mail.DAMAGE as error:
        raise CorruptDocument("The e-mail is damaged. Save it again.") from error


class _Writer:
    def __init__(
        self, masking: Masking, limits: ReadLimits, account: Account, mask_any: MaskAny
    ) -> None:
        self._masking = masking
        self._limits = limits
        self._account = account
        self._mask_any = mask_any
        self._pictures = Pictures(masking, limits, account)
        self._parts = 0
        self._sheets_have_values = False
        self._remaining_bytes = limits.max_expanded_bytes

    def message(self, message: Message, depth: int) -> Message:
        """The masked copy of an e-mail, with its headers."""
        self._sheets_have_values = self._sheets_have_values or self._puts_together(message)
        new = self._part(message, depth) or MIMEText("", "plain", "utf-8")
        for name, value in self._headers(message):
            new[name] = value
        kept = {name.lower() for name in (*_HEADERS, "MIME-Version")}
        others = [name for name in message if name.lower() not in kept]
        self._account.removed["headers"] += sum(
            not name.lower().startswith("content-") for name in others
        )
        return new

    def _puts_together(self, message: Message) -> bool:
        """Whether style sheets beside the pages of an e-mail, masked, show something to mask."""
        parts = list(islice(message.walk(), _MOST_PARTS))
        sheets = "\n".join(body_of(part) for part in parts if part.get_content_type() == _CSS)
        if not sheets:
            return False
        sheets = masked_words(sheets, self._masking.find, Account())
        pages = [body_of(part) for part in parts if part.get_content_type() == "text/html"]
        roots = [root for page in pages if (root := parsed(page).root) is not None]
        return any(
            self._masking.find(entry.text) for root in roots for entry in shown_texts(root, sheets)
        )

    def _headers(self, message: Message) -> Iterator[tuple[str, str]]:
        for name in _HEADERS:
            for value in message.get_all(name, ()):
                words = decoded(value)
                if name == "Date":
                    # A part of a date is no date: one with text to mask is left out.
                    date = _date(words)
                    has_date = date is not None and not self._masking.find(date)
                    if date is not None and has_date:
                        yield name, date
                    if not has_date or self._masking.find(words):
                        self._account.remove("headers", words)
                    continue
                changes = self._masking.find(words)
                self._account.count("headers", changes)
                yield name, Header(applied(words, changes), "utf-8", header_name=name).encode()

    def _part(self, part: Message, depth: int) -> Message | None:
        """The masked copy of a part; None if it is left out."""
        self._parts += 1
        if self._parts > _MOST_PARTS:
            raise DocumentTooLong("The e-mail has too many parts.")
        kind = part.get_content_type()
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            return self._multipart(part, depth)
        if kind == mail.MEDIA_TYPE and part.is_multipart():
            return self._inner(part, depth)
        if report := report_blocks(part):
            words = "\n\n".join(report)
            words = masked_words(words, self._masking.find, self._account, part="report")
            return MIMEText(words, "plain", "utf-8")
        is_attached = part.get_content_disposition() == "attachment" or part.get_filename()
        if _PAGE.fullmatch(kind) and not is_attached:
            page = masked_page(body_of(part), self._masking, self._pictures, self._account)
            return self._identified(part, MIMEText(page, "html", "utf-8"))
        if kind == "text/plain" and not is_attached:
            text = plain_text(part, body_of(part))
            words = masked_words(text, self._masking.find, self._account, part="body")
            return MIMEText(words, "plain", "utf-8")
        return self._attachment(part)

    def _multipart(self, part: Message, depth: int) -> Message:
        subtype = part.get_content_subtype()
        # The numbers of the parts make the boundary: equal e-mails give equal files.
        new = MIMEMultipart(
            subtype if subtype in _MULTIPART else "mixed", boundary=f"=_part_{self._parts}_="
        )
        for inside in part.get_payload():
            if isinstance(inside, Message) and (masked := self._part(inside, depth)) is not None:
                del masked["MIME-Version"]
                new.attach(masked)
        return new

    def _inner(self, part: Message, depth: int) -> Message | None:
        inner = part.get_payload(0)
        if depth >= mail.MOST_DEPTH or not isinstance(inner, Message):
            self._leave_out(part)
            return None
        return MIMEMessage(self.message(inner, depth + 1))

    def _attachment(self, part: Message) -> Message | None:
        data = content_of(part)
        if data is None or (part.get_content_type() == _CSS and self._sheets_have_values):
            self._leave_out(part)
            return None
        if _SIGNATURE.fullmatch(part.get_content_type()):
            # A reader may show the comments of a signature.
            self._account.remove(f"attachment {self._masked_name(part)}", guessed(data))
            return None
        self._remaining_bytes -= len(data)
        if self._remaining_bytes < 0:
            raise DocumentTooLong("The attachments are too large together. Send them separately.")
        account = Account()
        limits = replace(self._limits, max_expanded_bytes=max(1, self._remaining_bytes))
        try:
            with memory_file(data) as path:
                file = self._mask_any(path, detect(path), self._masking, limits, account)
        except DocumentError as error:
            if isinstance(error, NoTextLayer) and limits.ocr_pages is None:
                raise  # another process masks the e-mail, with OCR
            self._leave_out(part)
            return None
        name = self._name(part, file.media_type)
        self._account.add_all(account, name)
        main, _, subtype = file.media_type.partition("/")
        new = MIMEBase(main, subtype)
        new.set_payload(file.data)
        encoders.encode_base64(new)
        if main == "text":
            new.set_param("charset", "utf-8")
        disposition = part.get_content_disposition() or "attachment"
        new.add_header("Content-Disposition", disposition, filename=("utf-8", "", name))
        return self._identified(part, new)

    def _identified(self, part: Message, new: Message) -> Message:
        """Copy the id under which a page shows a picture."""
        id_ = str(part.get("Content-ID") or "").strip()
        if _CONTENT_ID.fullmatch(id_) and not self._masking.find(id_):
            new["Content-ID"] = id_
        return new

    def _leave_out(self, part: Message) -> None:
        self._account.removed[f"attachment {self._masked_name(part)}"] += 1

    def _masked_name(self, part: Message) -> str:
        words = name_of(part)
        changes = self._masking.find(words)
        self._account.count("names of attachments", changes)
        return applied(words, changes)

    def _name(self, part: Message, media_type: str) -> str:
        stem, extension = posixpath.splitext(self._masked_name(part))
        name = stem + EXTENSIONS.get(media_type, extension)
        # A term may be an extension, such as `txt`, which is then left out.
        return stem if self._masking.find(name) else name


def _date(words: str) -> str | None:
    try:
        return format_datetime(parsedate_to_datetime(words))
    except (ValueError, OverflowError):
        return None
