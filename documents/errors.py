"""Errors of work on a document, and whether a retry can help.

WorkError                     tasks add theirs in `tasks/errors.py`
├── DocumentError             the document cannot be read: never retried
│   ├── EmptyDocument
│   ├── CorruptDocument
│   ├── EncryptedDocument
│   ├── UnsupportedDocument
│   ├── NoTextLayer           pages are pictures and need OCR
│   ├── PagesUnread           some pages are pictures and were not read
│   ├── DocumentTooLong
│   ├── ReadTimeout           reading took longer than allowed
│   ├── ReaderCrashed         the document crashed the process that read it
│   ├── RedactionIncomplete   the masked file would still hold text to be masked
│   ├── SecrecyUnchecked      not all of it could be checked for secrecy markings
│   ├── SecrecyMarked         it has a secrecy marking that the department may not send
│   └── DocumentMissing       its bytes are not in the store
├── ComputeError              work on callers' input failed in its process: never retried
│   ├── ComputeTimeout        it took longer than allowed
│   ├── ComputeTooLarge       it took more memory, or has a larger result, than allowed
│   └── ComputeCrashed        it crashed its process
└── ReaderUnavailable         no process to work in, or it was killed: retried, counted
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar


class Retry(StrEnum):
    never = "never"
    counted = "counted"
    uncounted = "uncounted"


class WorkError(Exception):
    """The base class. `code` and `title` are stable; `str(error)` says what is wrong."""

    code: ClassVar[str]
    title: ClassVar[str]
    retry: ClassVar[Retry] = Retry.never


class DocumentError(WorkError):
    code = "document-unreadable"
    title = "The document cannot be read"


class EmptyDocument(DocumentError):
    code = "document-empty"
    title = "The document holds no text"


class CorruptDocument(DocumentError):
    code = "document-corrupt"
    title = "The document is damaged"


class EncryptedDocument(DocumentError):
    code = "document-encrypted"
    title = "The document is encrypted"


# What a document can be, for people.
READABLE = (
    "plain text, Markdown, HTML, e-mail (EML, MSG), DOCX, PDF, OFD, XLSX, XLSB, XLS, Excel 2003 "
    "XML, ODS, PPTX, pictures (PNG, JPEG, TIFF, BMP, WebP, GIF), ZIP files of these and, where "
    "LibreOffice is installed, DOC, WPS, RTF and ODT"
)


class UnsupportedDocument(DocumentError):
    code = "document-unsupported"
    title = "No reader for this kind of document"


class NoTextLayer(DocumentError):
    code = "document-no-text-layer"
    title = "The document is pictures without text"


class PagesUnread(DocumentError):
    code = "document-pages-unread"
    title = "Some pages of the document were not read"


class DocumentTooLong(DocumentError):
    code = "document-too-long"
    title = "The document is longer than allowed"


class ReadTimeout(DocumentError):
    code = "document-read-timeout"
    title = "Reading the document took longer than allowed"


class DocumentMissing(DocumentError):
    code = "document-missing"
    title = "The document is not in the store"


class ReaderCrashed(DocumentError):
    code = "document-reader-crashed"
    title = "The reader broke down on the document"


class RedactionIncomplete(DocumentError):
    code = "redaction-incomplete"
    title = "The masked file would still contain text to be masked"


class SecrecyUnchecked(DocumentError):
    code = "secrecy-unchecked"
    title = "Not all of the document could be checked for secrecy markings"


class SecrecyMarked(DocumentError):
    code = "secrecy-marked"
    title = "The document is marked as a state secret"


class ComputeError(WorkError):
    """Raised directly only for a defect in the work."""

    code = "compute-failed"
    title = "The work on the document failed"


class ComputeTimeout(ComputeError):
    code = "compute-timeout"
    title = "The work on the document took longer than allowed"


class ComputeTooLarge(ComputeError):
    code = "compute-too-large"
    title = "The work on the document exceeds a limit of memory or size"


class ComputeCrashed(ComputeError):
    code = "compute-crashed"
    title = "The process that worked on the document died"


class ReaderUnavailable(WorkError):
    code = "reader-unavailable"
    title = "No process was available for the document"
    retry = Retry.counted
