"""The records of the parts of an XLSB workbook (MS-XLSB 2.1.4), and values as XLS has them too."""

from __future__ import annotations

import struct
from collections.abc import Container, Iterator, Mapping

from documents.readers.sheets.sizes import damaged

_MOST_LENGTH = 4  # bytes of the length of a record
_NO_STRING = 0xFFFFFFFF
ERRORS: Mapping[int, str] = {
    0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?",
    0x24: "#NUM!", 0x2A: "#N/A", 0x2B: "#GETTING_DATA",
}  # fmt: skip
"""The texts of errors by their codes (MS-XLSB 2.5.97.2)."""


def records(data: bytes, kinds: Container[int] | None = None) -> Iterator[tuple[int, bytes]]:
    """The kind and the content of each record, or of those of some kinds.

    Raises `CorruptDocument`.
    """
    at, size = 0, len(data)
    while at + 1 < size:
        # Most records have one byte for each of both, the lowest seven bits.
        kind, length = data[at], data[at + 1]
        at += 2
        if kind >= 0x80:
            kind = kind & 0x7F | (length & 0x7F) << 7
            length, at = _length(data, at)
        elif length >= 0x80:
            length, at = _length(data, at - 1)
        end = at + length
        if end > size:
            raise damaged()
        if kinds is None or kind in kinds:
            yield kind, data[at:end]
        at = end
    if at < size:
        raise damaged()


def _length(data: bytes, at: int) -> tuple[int, int]:
    """A length in groups of seven bits, the lowest first, and the place after it."""
    length = 0
    for shift in range(_MOST_LENGTH):
        if at >= len(data):
            raise damaged()
        byte = data[at]
        at += 1
        length |= (byte & 0x7F) << 7 * shift
        if byte < 0x80:
            break
    return length, at


def unsigned(body: bytes, at: int, size: int = 4) -> int:
    """A number of `size` bytes. Raises `CorruptDocument` if the record is too short."""
    if at + size > len(body):
        raise damaged()
    return int.from_bytes(body[at : at + size], "little")


def real_number(body: bytes, at: int) -> float:
    """A number of 8 bytes. Raises `CorruptDocument` if the record is too short."""
    try:
        return float(struct.unpack_from("<d", body, at)[0])
    except struct.error as error:
        raise damaged() from error


def rk_number(number: int) -> float:
    """A number in 30 bits (MS-XLSB 2.5.123)."""
    if number & 2:
        value = float((number - (1 << 32) if number & 0x80000000 else number) >> 2)
    else:
        value = struct.unpack("<d", struct.pack("<Q", (number & 0xFFFFFFFC) << 32))[0]
    return value / 100 if number & 1 else value


def wide_string(body: bytes, at: int) -> tuple[str, int]:
    """A text, empty for a null one, and the place after it (MS-XLSB 2.5.169, 2.5.166).

    Raises `CorruptDocument` if the record is too short.
    """
    length = unsigned(body, at)
    at += 4
    if length == _NO_STRING:
        return "", at
    end = at + 2 * length
    if end > len(body):
        raise damaged()
    return body[at:end].decode("utf-16-le", errors="replace"), end
