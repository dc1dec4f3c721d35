"""What OCR read of a document's pictures, as a string for later work on the same file."""

from __future__ import annotations

import zlib
from base64 import b64decode, b64encode
from collections.abc import Mapping

from pydantic import TypeAdapter

from documents.ocr.scan import Scan

# By the digest of the picture, in hexadecimal.
_SCANS = TypeAdapter(dict[str, Scan])
_FAST = 1


def dumped(scans: Mapping[bytes, Scan]) -> str:
    """The scans by the digest of their picture (`documents.readers.pictures.ocr_scan`), as ASCII;
    empty if there are none.
    """
    if not scans:
        return ""
    data = _SCANS.dump_json({digest.hex(): scan for digest, scan in scans.items()})
    return b64encode(zlib.compress(data, _FAST)).decode()


def loaded(data: str) -> dict[bytes, Scan]:
    """The scans of a `dumped` string. Raises `ValueError` or `zlib.error` for any other string."""
    if not data:
        return {}
    scans = _SCANS.validate_json(zlib.decompress(b64decode(data, validate=True)))
    return {bytes.fromhex(digest): scan for digest, scan in scans.items()}
