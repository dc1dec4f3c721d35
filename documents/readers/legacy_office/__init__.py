"""DOC, WPS, RTF and ODT, converted to DOCX by LibreOffice where it is installed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from documents.document import Document
from documents.errors import CorruptDocument, DocumentTooLong, ReadTimeout, UnsupportedDocument
from documents.limits import ReadLimits
from documents.memory_file import memory_file
from documents.readers import docx, sheets
from documents.readers.legacy_office import process

DOC = "application/msword"
RTF = "application/rtf"
ODT = "application/vnd.oasis.opendocument.text"

SECONDS = 45
_MOST_BYTES = 256 * 1024 * 1024
_PROGRAMS = ("soffice", "libreoffice")
_SUFFIXES = {DOC: "doc", RTF: "rtf", ODT: "odt", sheets.XLS: "xls", sheets.ODS: "ods"}
_TARGETS = {sheets.XLS: "xlsx", sheets.ODS: "xlsx"}


def read_doc(path: Path, limits: ReadLimits) -> Document:
    """Read a document of Word before 2007, or of WPS Writer.

    Raises a `DocumentError`: `UnsupportedDocument` if LibreOffice is not installed, `ReadTimeout`
    if it takes more than `SECONDS`.
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

    Raises a `DocumentError`: `UnsupportedDocument` if LibreOffice is not installed, `ReadTimeout`
    if it takes more than `SECONDS`.
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
        _TARGETS.get(media_type, "docx"), str(SECONDS), str(_MOST_BYTES),
    )  # fmt: skip
    with path.open("rb") as file:
        # The conversion has its own time limit; the pool limits the whole read.
        finished = subprocess.run(  # noqa: S603 (no shell; the program was looked up)
            command, stdin=file, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False
        )
    if finished.returncode == process.TOO_LONG:
        raise ReadTimeout(
            f"LibreOffice took more than {SECONDS} seconds. Save the document as DOCX, or split it."
        )
    if finished.returncode == process.TOO_LARGE:
        raise DocumentTooLong("The converted document is too large. Split it.")
    if finished.returncode != 0 or not finished.stdout:
        raise CorruptDocument(
            "LibreOffice cannot read the document: it is damaged or has a password. Save it as "
            "DOCX without a password."
        )
    return finished.stdout
