"""Text in drawings of Windows: enhanced metafiles (MS-EMF) and older ones (MS-WMF)."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from documents.inventory.encodings import binary_text

_EMF = b" EMF"
_EMF_SIGNATURE_AT = 40
_EMF_TEXTS = {83: "gb18030", 84: "utf-16-le"}  # EMR_EXTTEXTOUTA and EMR_EXTTEXTOUTW
_EMF_TEXT_AT = 44  # of a record: the number of characters, and the offset of the text
_PLACEABLE = b"\xd7\xcd\xc6\x9a"
_PLACEABLE_SIZE, _HEADER_SIZE = 22, 18
_TEXT_OUT, _EXT_TEXT_OUT = 0x0521, 0x0A32
_HAS_RECTANGLE = 0x06


def drawing_text(data: bytes) -> str:
    """The text that a drawing's records show, joined and by record, and other text in its bytes.

    A program may write a record for each character.
    """
    shown = [text for text in _records(data) if text.strip()]
    plain = data.decode("gb18030", "replace")
    return "\n\n".join(("".join(shown), "\n".join(shown), binary_text(data), plain))


def _records(data: bytes) -> Iterator[str]:
    is_enhanced = data[_EMF_SIGNATURE_AT : _EMF_SIGNATURE_AT + len(_EMF)] == _EMF
    try:
        yield from _of_enhanced(data) if is_enhanced else _of_older(data)
    except struct.error:  # cut short: what follows is found as other text
        return


def _of_enhanced(data: bytes) -> Iterator[str]:
    at = 0
    while at + 8 <= len(data):
        kind, size = struct.unpack_from("<II", data, at)
        if size < 8:
            return
        if (encoding := _EMF_TEXTS.get(kind)) is not None:
            count, offset = struct.unpack_from("<II", data, at + _EMF_TEXT_AT)
            width = 2 if encoding.startswith("utf-16") else 1
            start = at + offset
            yield data[start : start + count * width].decode(encoding, "replace")
        at += size


def _of_older(data: bytes) -> Iterator[str]:
    at = _HEADER_SIZE + (_PLACEABLE_SIZE if data.startswith(_PLACEABLE) else 0)
    while at + 6 <= len(data):
        words, function = struct.unpack_from("<IH", data, at)
        if words < 3:
            return
        if function == _TEXT_OUT:
            (count,) = struct.unpack_from("<H", data, at + 6)
            yield data[at + 8 : at + 8 + count].decode("gb18030", "replace")
        elif function == _EXT_TEXT_OUT:
            count, options = struct.unpack_from("<HH", data, at + 10)
            start = at + 14 + (8 if options & _HAS_RECTANGLE else 0)
            yield data[start : start + count].decode("gb18030", "replace")
        at += 2 * words
