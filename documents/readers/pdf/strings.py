"""Text strings of a PDF."""

from __future__ import annotations

import re
from typing import Any

import pikepdf

_MARKED = (b"\xfe\xff", b"\xff\xfe", b"\xef\xbb\xbf")
_HAN = re.compile(r"[\u4e00-\u9fff]")


def text_of(value: Any) -> str:
    """The text of a string, or of a stream in place of one; empty for another value.

    A string without a byte order mark that reads as Chinese in GBK is read so: some programs write
    it, though the standard says PDFDocEncoding (ISO 32000-2, 7.9.2.2). Raises `pikepdf.PdfError`.
    """
    if isinstance(value, pikepdf.Stream):
        value = pikepdf.String(value.read_bytes())
    if not isinstance(value, pikepdf.String):
        return ""
    data = bytes(value)
    if not data.isascii() and not data.startswith(_MARKED):
        try:
            text = data.decode("gb18030")
        except UnicodeDecodeError:
            text = ""
        if len(_HAN.findall(text)) > len(text) / 2:
            return text
    return str(value)
