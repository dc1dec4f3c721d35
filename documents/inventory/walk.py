"""Lists everything in a file that can hold text, for every format.

Masking, the disclosure review and the secrecy check read this list; there is no second one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from documents.inventory import legacy, message, package, pdf_metadata, plain_text, web_page
from documents.inventory.blank_picture import picture_entries
from documents.inventory.entry import Entry, Unread, unread
from documents.inventory.nested import ZIP, Walk
from documents.limits import ReadLimits
from documents.readers import docx, html, legacy_office, mail, markdown, ofd, pdf, sheets, text


def inventory(path: Path, media_type: str, limits: ReadLimits) -> Iterator[Entry]:
    """Yield every text in the file, and every part that may hold text and was not read.

    A format without a walk is one unread entry. Raises a `DocumentError`.
    """
    walk = WALKS.get(media_type)
    if walk is not None:
        yield from walk(path, limits)
    elif media_type.startswith("image/"):
        # Here pictures are read by OCR, if `limits` have pages for it.
        yield from picture_entries(path)
    else:
        yield unread("", Unread.other_format)


# By media type.
WALKS: Mapping[str, Walk] = MappingProxyType(
    {
        text.MEDIA_TYPE: plain_text.walk(inventory),
        markdown.MEDIA_TYPE: plain_text.walk(inventory),
        html.MEDIA_TYPE: web_page.walk(inventory),
        mail.MEDIA_TYPE: message.walk(inventory),
        docx.MEDIA_TYPE: package.walk(inventory),
        sheets.XLSX: package.walk(inventory, sheets.read_xlsx),
        sheets.ODS: package.walk(inventory, sheets.read_ods),
        legacy_office.ODT: package.walk(inventory),
        ofd.MEDIA_TYPE: package.walk(inventory, ofd.read),
        ZIP: package.walk(inventory),
        sheets.XLS: legacy.walk(sheets.read_xls),
        legacy_office.DOC: legacy.walk(legacy_office.read_doc),
        legacy_office.RTF: legacy.walk(legacy_office.read_rtf),
        pdf.MEDIA_TYPE: pdf_metadata.entries,
    }
)
