from __future__ import annotations

import pytest

from documents.masking.masked_file import extension_of
from documents.readers import docx, html, pdf, pictures, sheets, text


@pytest.mark.parametrize(
    ("file_type", "original_type", "original", "extension"),
    [
        (docx.MEDIA_TYPE, docx.MEDIA_TYPE, ".docm", ".docx"),
        (docx.MEDIA_TYPE, docx.MEDIA_TYPE, ".dotx", ".docx"),
        (sheets.XLSX, sheets.XLSX, ".xlsm", ".xlsx"),
        (sheets.XLSX, sheets.XLSX, ".XLTX", ".xlsx"),
        (docx.MEDIA_TYPE, "application/msword", ".doc", ".docx"),
        (pdf.MEDIA_TYPE, pictures.TIFF, ".tif", ".pdf"),
        (text.MEDIA_TYPE, text.MEDIA_TYPE, ".csv", ".csv"),
        (html.MEDIA_TYPE, html.MEDIA_TYPE, ".htm", ".htm"),
        (pictures.JPEG, pictures.JPEG, ".jpeg", ".jpeg"),
        (text.MEDIA_TYPE, text.MEDIA_TYPE, "", ".txt"),
    ],
)
def test_a_masked_files_extension_names_its_format(
    file_type: str, original_type: str, original: str, extension: str
) -> None:
    assert extension_of(file_type, original_type, original) == extension
