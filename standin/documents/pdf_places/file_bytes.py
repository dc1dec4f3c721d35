"""Values in bytes that belong to no object of the file's last revision."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Mapping
from types import MappingProxyType

import pikepdf

from standin.documents.pdf_places.page import (
    SHOWN,
    blank,
    saved_pdf,
    text,
)


def _revision(value: str) -> bytes:
    """An earlier content of the page, which an incremental revision replaces."""
    pdf = blank(f"{SHOWN} {text(value)}")
    written = io.BytesIO()
    pdf.save(written, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    data = written.getvalue()
    number = _content_number(data)
    new = zlib.compress(SHOWN.encode())
    at = len(data)
    body = b"%d 0 obj\n<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream\nendobj\n" % (
        number, len(new), new,
    )  # fmt: skip
    start = int(data.rpartition(b"startxref\n")[2].split()[0])
    size, root = _trailer(data)
    return (
        data
        + body
        + (
            b"xref\n%d 1\n%010d 00000 n \ntrailer\n<< /Size %d /Root %s /Prev %d >>\n"
            b"startxref\n%d\n%%%%EOF\n" % (number, at, size, root, start, at + len(body))
        )
    )


def _content_number(data: bytes) -> int:
    with pikepdf.open(io.BytesIO(data)) as pdf:
        return int(pdf.pages[0].obj.Contents.objgen[0])


def _trailer(data: bytes) -> tuple[int, bytes]:
    with pikepdf.open(io.BytesIO(data)) as pdf:
        return int(pdf.trailer.Size), b"%d 0 R" % pdf.Root.objgen[0]


def _after_end(value: str) -> bytes:
    return saved_pdf(blank()) + f"\n% {value}\n".encode()


def _orphan(value: str) -> bytes:
    return saved_pdf(blank()) + f"\n99 0 obj ({value}) endobj\n".encode()


def _orphan_utf16(value: str) -> bytes:
    digits = ("\ufeff" + value).encode("utf-16-be").hex()
    return saved_pdf(blank()) + f"\n99 0 obj <{digits}> endobj\n".encode()


PLACES: Mapping[str, Callable[[str], bytes]] = MappingProxyType(
    {
        "earlier revision": _revision,
        "after the end": _after_end,
        "object in no table": _orphan,
        "UTF-16 in no table": _orphan_utf16,
    }
)
