"""MSG: an e-mail as Outlook saves it (MS-OXMSG), read as an e-mail."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from documents.compound_file import DAMAGE, CompoundFile, opened
from documents.document import Document
from documents.errors import CorruptDocument
from documents.limits import Reader, ReadLimits
from documents.memory_file import memory_file
from documents.readers import mail
from documents.readers.outlook_message.convert import as_email
from documents.readers.outlook_message.properties import Storage

MEDIA_TYPE = "application/vnd.ms-outlook"
STREAM = "__properties_version1.0"
"""Every MSG has it, and no other compound file."""


def reader(read_any: Reader) -> Reader:
    """A reader of MSG files that reads attachments with `read_any`."""

    def read(path: Path, limits: ReadLimits) -> Document:
        """Read an e-mail; see `mail.reader`. Raises a `DocumentError`."""
        with email_file(path, limits) as file:
            return replace(mail.reader(read_any)(file, limits), media_type=MEDIA_TYPE)

    return read


@contextmanager
def email_file(path: Path, limits: ReadLimits) -> Iterator[Path]:
    """The e-mail in its internet format, in memory. Raises a `DocumentError`."""
    try:
        with opened(path) as data:
            file = CompoundFile(data)
            if file.is_endless(file.directory) or file.is_endless(file.small_table):
                raise _damaged()
            entries = file.entries()
            message = as_email(Storage(file, entries, entries[0]), limits)
    except DAMAGE as error:
        raise _damaged() from error
    with memory_file(message) as written:
        yield written


def _damaged() -> CorruptDocument:
    return CorruptDocument("The e-mail is damaged. Save it again.")
