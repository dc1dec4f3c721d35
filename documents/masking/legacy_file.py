"""Masks DOC, WPS, RTF, ODT and other workbooks: as DOCX and XLSX, converted by LibreOffice."""

from __future__ import annotations

from pathlib import Path

from documents.limits import ReadLimits
from documents.masking.account import Account
from documents.masking.masked_file import MaskedFile
from documents.masking.ooxml.docx_file import mask_docx
from documents.masking.ooxml.xlsx_file import mask_xlsx
from documents.masking.replacement import Masking
from documents.masking.text_file import mask_as_text
from documents.memory_file import memory_file
from documents.readers import legacy_office, sheets


def mask_legacy(
    path: Path, media_type: str, masking: Masking, limits: ReadLimits, account: Account
) -> MaskedFile:
    """Return a masked DOCX, or XLSX for a workbook.

    Without LibreOffice, or with `masking.simplest`, it is a masked text: the conversion may lack
    something that the document's text has. Raises a `DocumentError`.
    """
    if masking.simplest or not legacy_office.is_installed():
        return mask_as_text(path, media_type, masking, limits, account)
    data = legacy_office.converted(path, media_type)
    account.removed["the original format"] += 1
    with memory_file(data) as file:
        if media_type in sheets.MEDIA_TYPES:
            return mask_xlsx(file, masking, limits, account)
        return mask_docx(file, masking, limits, account)
