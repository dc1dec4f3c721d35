"""ZIP files of documents: each file is read as an e-mail's attachment is."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import replace
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from zipfile import ZipInfo

from documents.document import Document
from documents.errors import DocumentTooLong, EncryptedDocument
from documents.limits import FileBudget, Reader, ReadLimits
from documents.memory_file import memory_file
from documents.ooxml.package import Package, decoded_name
from documents.readers import mail

MEDIA_TYPE = "application/zip"
# What operating systems put beside the files.
_SYSTEM_NAMES = frozenset((".ds_store", "thumbs.db", "desktop.ini"))
_SYSTEM_FOLDER = "__macosx/"


def reader(read_any: Reader) -> Reader:
    """A reader of ZIP files that reads the files with `read_any`."""

    def read(path: Path, limits: ReadLimits) -> Document:
        """Read a ZIP file: the name and the blocks of each file, in order.

        Files that cannot be read are named as not read. Raises a `DocumentError`.
        """
        if limits.nesting <= 0:
            raise DocumentTooLong(
                "The ZIP file is nested too deeply in other files. Send it separately."
            )
        files = limits.inner_files or FileBudget()
        with memory_file(_as_email(path, limits, files)) as file:
            inside = replace(limits, nesting=limits.nesting - 1, inner_files=files)
            return replace(mail.reader(read_any)(file, inside), media_type=MEDIA_TYPE)

    return read


def _as_email(path: Path, limits: ReadLimits, files: FileBudget) -> bytes:
    """An e-mail whose attachments are the files, so that one set of limits applies to both."""
    most = min(limits.max_expanded_bytes, max(1, files.unpacked))
    email = EmailMessage(policy=SMTP)
    email["MIME-Version"] = "1.0"
    email.make_mixed()
    with Package(path, replace(limits, max_expanded_bytes=most)) as package:
        for number, (name, entry) in enumerate(_files(package)):
            if number >= mail.MOST_ATTACHMENTS:
                raise DocumentTooLong(
                    f"The ZIP file has more than {mail.MOST_ATTACHMENTS} files. Divide it."
                )
            data = package.unpacked(entry)
            files.unpacked -= len(data)
            email.add_attachment(
                data, maintype="application", subtype="octet-stream", filename=name
            )
    return email.as_bytes()


def _files(package: Package) -> Iterator[tuple[str, ZipInfo]]:
    for entry in package.entries:
        name = decoded_name(entry.filename) if not entry.flag_bits & 0x800 else entry.filename
        base = posixpath.basename(name)
        is_system = base.lower() in _SYSTEM_NAMES or name.lower().startswith(_SYSTEM_FOLDER)
        if not base or is_system:
            continue
        if entry.flag_bits & 0x1:
            raise EncryptedDocument("The ZIP file has a password. Send it without one.")
        yield "".join(one if one.isprintable() else " " for one in base), entry
