"""Lists everything in a file that can hold text, for every format.

Masking, the disclosure review and the secrecy check read this list; there is no second one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from documents.inventory import legacy, message, outlook, plain_text, web_page, xml_file
from documents.inventory.entry import Entry, Unread, unread
from documents.inventory.neighbours import with_neighbours
from documents.inventory.nested import ZIP, Walk
from documents.inventory.package import walk as package
from documents.inventory.package import word_xml
from documents.inventory.pdf import walk as pdf_file
from documents.inventory.pictures import walk as pictures
from documents.limits import FileBudget, OcrBudget, ReadLimits
from documents.readers import (
    docx,
    html,
    legacy_office,
    mail,
    markdown,
    ofd,
    outlook_message,
    pdf,
    presentation,
    sheets,
    text,
)
from documents.readers.pictures import MEDIA_TYPES


def inventory(path: Path, media_type: str, limits: ReadLimits) -> Iterator[Entry]:
    """Yield every text in the file, and every part that may hold text and was not read.

    Values that are divided over neighbouring elements are listed as a whole too.

    A format without a walk is one unread entry. Raises a `DocumentError`.
    """
    # All pictures and all files inside a file share these.
    limits = replace(
        limits,
        ocr_budget=limits.ocr_budget or OcrBudget(limits),
        inner_files=limits.inner_files or FileBudget(),
    )
    walk = WALKS.get(media_type)
    if walk is not None:
        yield from with_neighbours(walk(path, limits))
    else:
        yield unread("", Unread.other_format)


# By media type.
WALKS: Mapping[str, Walk] = MappingProxyType(
    {
        text.MEDIA_TYPE: plain_text.walk(inventory),
        markdown.MEDIA_TYPE: plain_text.walk(inventory),
        html.MEDIA_TYPE: web_page.walk(inventory),
        mail.MEDIA_TYPE: message.walk(inventory),
        outlook_message.MEDIA_TYPE: outlook.walk(message.walk(inventory)),
        presentation.MEDIA_TYPE: package.walk(inventory, presentation.read),
        docx.MEDIA_TYPE: package.walk(inventory),
        docx.WORD_XML: word_xml.walk(inventory, package.walk(inventory)),
        sheets.XLSX: package.walk(inventory, sheets.read_xlsx),
        sheets.XLSB: package.walk(inventory, sheets.read_xlsb, sheets.XLSB_RECORDS),
        sheets.EXCEL_2003_XML: xml_file.walk(
            inventory, plain_text.walk(inventory), sheets.read_excel_2003_xml
        ),
        sheets.ODS: package.walk(inventory, sheets.read_ods),
        legacy_office.ODT: package.walk(inventory),
        ofd.MEDIA_TYPE: package.walk(inventory, ofd.read),
        ZIP: package.walk(inventory),
        sheets.XLS: legacy.walk(sheets.read_xls),
        legacy_office.DOC: legacy.walk(legacy_office.read_doc),
        legacy_office.RTF: legacy.walk(legacy_office.read_rtf),
        pdf.MEDIA_TYPE: pdf_file.walk(inventory),
        **dict.fromkeys(MEDIA_TYPES.values(), pictures.walk(inventory)),
    }
)
