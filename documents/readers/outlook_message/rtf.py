"""Compressed RTF, the body of some messages (MS-OXRTFCP)."""

from __future__ import annotations

import struct

from documents.errors import CorruptDocument

_HEADER = struct.Struct("<IIII")
_COMPRESSED, _PLAIN = 0x75465A4C, 0x414C454D
_SIZE = 4096
# What the dictionary begins with (MS-OXRTFCP 2.1.2.1).
_BEGINNING = (
    b"{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern "
    b"\\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0"
    b"\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx"
)


def decompressed(packed: bytes, most: int) -> bytes:
    """The RTF, cut after `most` bytes. Raises `CorruptDocument`, or `struct.error`."""
    _, size, kind, _ = _HEADER.unpack_from(packed)
    data = packed[_HEADER.size :]
    if kind == _PLAIN:
        return data[: min(size, most)]
    if kind != _COMPRESSED:
        raise CorruptDocument("The body of the e-mail is damaged. Save it again.")
    return _expanded(data, min(size, most))


def _expanded(data: bytes, size: int) -> bytes:
    window = bytearray(_BEGINNING.ljust(_SIZE, b"\0"))
    write = len(_BEGINNING)
    written = bytearray()
    at = 0
    while at < len(data) and len(written) < size:
        control = data[at]
        at += 1
        for bit in range(8):
            if not control >> bit & 1:
                run, step = data[at : at + 1], 1
            else:
                if at + 2 > len(data):
                    return bytes(written[:size])
                offset, length = divmod(int.from_bytes(data[at : at + 2], "big"), 16)
                if offset == write:  # the end
                    return bytes(written[:size])
                # A run may continue in what it writes.
                run, step = _run(window, offset, write, length + 2), 2
            at += step
            for byte in run:
                window[write] = byte
                write = (write + 1) % _SIZE
            written += run
    return bytes(written[:size])


def _run(window: bytearray, offset: int, write: int, length: int) -> bytes:
    period = (write - offset) % _SIZE
    return bytes(
        window[(offset + (number % period if period else number)) % _SIZE]
        for number in range(length)
    )
