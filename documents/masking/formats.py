"""The formats that can be masked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType

from documents.errors import UnsupportedDocument
from documents.limits import ReadLimits
from documents.masking.account import Account
from documents.masking.html_file import mask_html
from documents.masking.legacy_file import mask_legacy
from documents.masking.mail_file import mask_mail
from documents.masking.masked_file import MaskedFile
from documents.masking.ofd.file import mask_ofd
from documents.masking.ooxml.docx_file import mask_docx
from documents.masking.ooxml.xlsx_file import mask_xlsx
from documents.masking.pdf.file import mask_pdf
from documents.masking.pictures.file import mask_picture_file
from documents.masking.replacement import Masking
from documents.masking.text_file import mask_markdown, mask_shown_as_text, mask_text
from documents.memory_file import memory_file
from documents.ooxml.single_file import as_package
from documents.readers import (
    archive,
    docx,
    html,
    legacy_office,
    mail,
    markdown,
    ofd,
    outlook_message,
    pdf,
    pictures,
    presentation,
    sheets,
    text,
)

MaskFile = Callable[[Path, Masking, ReadLimits, Account], MaskedFile]


def mask_file(
    path: Path, media_type: str, masking: Masking, limits: ReadLimits, account: Account
) -> MaskedFile:
    """Return a masked copy of a file. Raises a `DocumentError`."""
    mask = MASKED_FORMATS.get(media_type)
    if mask is None:
        raise UnsupportedDocument("No masked file can be created for this format.")
    return mask(path, masking, limits, account)


def _mask_outlook(path: Path, masking: Masking, limits: ReadLimits, account: Account) -> MaskedFile:
    account.removed["the original format"] += 1
    with outlook_message.email_file(path, limits) as file:
        return mask_mail(file, masking, limits, account, mask_any=mask_file)


def _as_text(media_type: str) -> MaskFile:
    def mask(path: Path, masking: Masking, limits: ReadLimits, account: Account) -> MaskedFile:
        return mask_shown_as_text(path, media_type, masking, limits, account)

    return mask


def _legacy(media_type: str) -> MaskFile:
    def mask(path: Path, masking: Masking, limits: ReadLimits, account: Account) -> MaskedFile:
        return mask_legacy(path, media_type, masking, limits, account)

    return mask


def _mask_word_xml(
    path: Path, masking: Masking, limits: ReadLimits, account: Account
) -> MaskedFile:
    account.removed["the original format"] += 1
    with memory_file(as_package(path.read_bytes())) as package:
        return mask_docx(package, masking, limits, account)


MASKED_FORMATS: Mapping[str, MaskFile] = MappingProxyType(
    {
        text.MEDIA_TYPE: mask_text,
        markdown.MEDIA_TYPE: mask_markdown,
        html.MEDIA_TYPE: mask_html,
        mail.MEDIA_TYPE: partial(mask_mail, mask_any=mask_file),
        docx.MEDIA_TYPE: mask_docx,
        docx.WORD_XML: _mask_word_xml,
        pdf.MEDIA_TYPE: mask_pdf,
        sheets.XLSX: mask_xlsx,
        ofd.MEDIA_TYPE: mask_ofd,
        **{
            media_type: _legacy(media_type)
            for media_type in (
                legacy_office.DOC, legacy_office.RTF, legacy_office.ODT, sheets.XLS, sheets.ODS,
                sheets.XLSB, sheets.EXCEL_2003_XML,
            )
        },
        outlook_message.MEDIA_TYPE: _mask_outlook,
        **{
            media_type: _as_text(media_type)
            for media_type in (presentation.MEDIA_TYPE, archive.MEDIA_TYPE)
        },
        **dict.fromkeys(pictures.MEDIA_TYPES.values(), mask_picture_file),
    }
)  # fmt: skip
