"""The formats that can be masked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from documents.limits import ReadLimits
from documents.masking.account import Account
from documents.masking.docx_file import mask_docx
from documents.masking.masked_file import MaskedFile
from documents.masking.pdf_file import mask_pdf
from documents.masking.picture_file import mask_picture_file
from documents.masking.replacement import Masking
from documents.readers import docx, pdf, pictures

MaskFile = Callable[[Path, Masking, ReadLimits, Account], MaskedFile]

MASKED_FORMATS: Mapping[str, MaskFile] = MappingProxyType(
    {
        docx.MEDIA_TYPE: mask_docx,
        pdf.MEDIA_TYPE: mask_pdf,
        **dict.fromkeys(pictures.MEDIA_TYPES.values(), mask_picture_file),
    }
)
