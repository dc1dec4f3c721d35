"""What `tasks.file_work` lists as `redact`: a masked file from a DOCX or a PDF."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from documents.limits import ReadLimits
from documents.masking.account import Account
from documents.masking.docx_file import mask_docx
from documents.masking.pdf_file import mask_pdf
from documents.readers import docx, pdf
from documents.source import Made
from tasks.errors import UnsupportedDocument
from tasks.redact.masker import Masker

MaskFile = Callable[[Path, Masker, ReadLimits, Account], bytes]

MASKED_FORMATS: Mapping[str, MaskFile] = MappingProxyType(
    {docx.MEDIA_TYPE: mask_docx, pdf.MEDIA_TYPE: mask_pdf}
)


def redact(path: Path, arguments: Mapping[str, Any], limits: ReadLimits) -> Made:
    """A masked file, and an account of it. `arguments` are a `Masker` as JSON and `media_type`.

    Raises a `DocumentError`; `RedactionIncomplete` where something would be left in the file.
    """
    make = MASKED_FORMATS.get(arguments["media_type"])
    if make is None:
        raise UnsupportedDocument("A masked file is made of DOCX and PDF only.")
    account = Account()
    file = make(path, Masker.from_json(arguments["masker"]), limits, account)
    return Made(account.as_json(), file)
