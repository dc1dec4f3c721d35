"""DOC, WPS, RTF and ODT, converted to DOCX by LibreOffice where it is installed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from documents.document import Document
from documents.errors import (
    CorruptDocument,
    DocumentTooLong,
    ReaderCrashed,
    ReaderUnavailable,
    ReadTimeout,
    UnsupportedDocument,
    WorkError,
)
from documents.limits import ReadLimits
from documents.memory_file import memory_file
from documents.readers import docx, sheets
from documents.readers.legacy_office import preparation, process
from documents.signals import OWN_SIGNALS

DOC = "application/msword"
RTF = "application/rtf"
ODT = "application/vnd.oasis.opendocument.text"

SECONDS = 45
MOST_BYTES = 256 * 1024 * 1024
MEMORY_BYTES = 4 * 1024**3
_PROGRAMS = ("soffice", "libreoffice")
_SHEETS = {
    sheets.XLS: "xls", sheets.XLSB: "xlsb", sheets.EXCEL_2003_XML: "xml", sheets.ODS: "ods"
}  # fmt: skip
_PREPARED = {RTF: preparation.unicode_only, sheets.EXCEL_2003_XML: preparation.exact_workbook}
_SUFFIXES = {DOC: "doc", RTF: "rtf", ODT: "odt", **_SHEETS}

_ERRORS: dict[int, tuple[type[WorkError], str]] = {
    process.NOT_STARTED: (
        ReaderUnavailable,
        "LibreOffice, which converts the document, could not be started. The job will be run "
        "again. If this persists, ask the operator whether the disk or the memory is full.",
    ),
    process.TOO_LONG: (
        ReadTimeout,
        "LibreOffice took more than {seconds} seconds. Save the document as DOCX, or split it.",
    ),
    process.TOO_MUCH_MEMORY: (
        DocumentTooLong,
        "LibreOffice needs more memory for the document than allowed. Split it, or remove its "
        "pictures.",
    ),
    process.TOO_LARGE: (DocumentTooLong, "The converted document is too large. Split it."),
}


def read_doc(path: Path, limits: ReadLimits) -> Document:
    """Read a document of Word before 2007, or of WPS Writer.

    Raises what `converted` and the reader of DOCX raise.
    """
    return _read(path, limits, DOC)


def read_rtf(path: Path, limits: ReadLimits) -> Document:
    """Read an RTF document; see `read_doc`."""
    return _read(path, limits, RTF)


def read_odt(path: Path, limits: ReadLimits) -> Document:
    """Read an OpenDocument text; see `read_doc`."""
    return _read(path, limits, ODT)


def _read(path: Path, limits: ReadLimits, media_type: str) -> Document:
    with memory_file(converted(path, media_type)) as file:
        return replace(docx.read(file, limits), media_type=media_type)


def is_installed() -> bool:
    """Whether LibreOffice, which converts the documents, is installed."""
    return _program() is not None


def _program() -> str | None:
    return next(filter(None, map(shutil.which, _PROGRAMS)), None)


def converted(path: Path, media_type: str) -> bytes:
    """The document as DOCX, or as XLSX if it is a workbook.

    Raises:
        UnsupportedDocument: LibreOffice is not installed.
        ReadTimeout: It takes more than `SECONDS`.
        DocumentTooLong: It takes more than `MEMORY_BYTES`, or writes more than `MOST_BYTES`.
        ReaderCrashed: It crashes.
        ReaderUnavailable: It cannot be started, or is killed from outside.
        CorruptDocument: It fails in another way.
    """
    program = _program()
    if program is None:
        raise UnsupportedDocument(
            "DOC, WPS, RTF and ODT need LibreOffice, which is not installed. Save the document as "
            "DOCX, or ask the operators to install libreoffice-writer-nogui on the workers' "
            "machines."
        )
    command = (
        sys.executable, "-I", process.__file__, program, _SUFFIXES[media_type],
        "xlsx" if media_type in _SHEETS else "docx", str(SECONDS), str(MOST_BYTES),
        str(MEMORY_BYTES),
    )  # fmt: skip
    with _prepared(path, media_type) as source, source.open("rb") as file:
        # The conversion has its own time limit; the pool limits the whole read.
        finished = subprocess.run(  # noqa: S603 (no shell; the program was looked up)
            command, stdin=file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False
        )
    if finished.returncode != 0 or not finished.stdout:
        raise _error(finished.returncode)
    return finished.stdout


@contextmanager
def _prepared(path: Path, media_type: str) -> Iterator[Path]:
    """The file as LibreOffice is to read it."""
    prepare = _PREPARED.get(media_type)
    if prepare is None:
        yield path
        return
    with memory_file(prepare(path.read_bytes())) as prepared:
        yield prepared


def _error(status: int) -> WorkError:
    """The error for an exit status of `process`; negative if a signal ended it."""
    if status in _ERRORS:
        kind, detail = _ERRORS[status]
        return kind(detail.format(seconds=SECONDS))
    if 0 <= status <= process.SIGNALLED:
        return CorruptDocument(
            "LibreOffice cannot read the document: it is damaged or has a password. Save it as "
            "DOCX without a password."
        )
    if abs(status) % process.SIGNALLED in OWN_SIGNALS:
        return ReaderCrashed("LibreOffice crashed on the document. Save it as DOCX.")
    return ReaderUnavailable(
        "LibreOffice, which converts the document, was killed from outside, as when the machine "
        "runs out of memory. The job will be run again. If this persists, ask the operator to free "
        "memory."
    )
