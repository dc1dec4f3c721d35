"""The format of a sealed file: encrypted in chunks, so that it is written and read in parts.

    header   16 bytes: `CHYS`, version 1, the cipher's number, ten zero bytes
    chunks   64 KiB each, the last one shorter, each followed by its tag of 16 bytes

This is the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár: Online Authenticated-
Encryption and its Nonce-Reuse Misuse-Resistance, CRYPTO 2015), in the form that age uses
(https://age-encryption.org/v1): a chunk's nonce is its number (11 bytes, big endian) and a byte
that is 1 for the last chunk; the header is associated data. A data key encrypts one file only, so
no nonce is used twice. A chunk that was moved, copied from another file, or became the last one
because the file was cut, does not open.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag

from jobs.sealing.ciphers import (
    BY_NUMBER,
    KEY_BYTES,
    NUMBERS,
    TAG_BYTES,
    Aead,
    CipherName,
    aead,
)
from jobs.sealing.errors import Damaged

CHUNK_BYTES = 64 * 1024
_SEALED_BYTES = CHUNK_BYTES + TAG_BYTES
_MAGIC = b"CHYS\x01"
HEADER_BYTES = 16


def _header(cipher: CipherName) -> bytes:
    return (_MAGIC + bytes([NUMBERS[cipher]])).ljust(HEADER_BYTES, b"\0")


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def size_within(sealed_size: int) -> int:
    """The size of the content of a sealed file, which is not authenticated by this.

    Raises `Damaged` for a size that no sealed file has.
    """
    body = sealed_size - HEADER_BYTES
    chunks = -(-body // _SEALED_BYTES)
    size = body - chunks * TAG_BYTES
    if body < TAG_BYTES or size < (chunks - 1) * CHUNK_BYTES + (chunks > 1):
        raise Damaged("a sealed file was cut")
    return size


class SealingWriter:
    """Encrypts what is written to `file`. `finish` writes the last chunk."""

    def __init__(self, file: BinaryIO, cipher: CipherName, key: bytes) -> None:
        self._file = file
        self._aead = aead(cipher, key)
        self._header = _header(cipher)
        self._buffer = bytearray()
        self._chunks = 0
        self._finished = False
        file.write(self._header)

    def write(self, data: bytes | bytearray) -> None:
        if self._finished:
            raise ValueError("the sealed file is finished")
        self._buffer += data
        written = 0
        # The last chunk is only known at the end, so a full buffer waits for the next byte.
        while len(self._buffer) - written > CHUNK_BYTES:
            self._seal(bytes(self._buffer[written : written + CHUNK_BYTES]), last=False)
            written += CHUNK_BYTES
        del self._buffer[:written]

    def finish(self) -> None:
        """Write what is left. A repeated call does nothing."""
        if not self._finished:
            self._finished = True
            self._seal(bytes(self._buffer), last=True)
            self._buffer.clear()

    def _seal(self, chunk: bytes, *, last: bool) -> None:
        nonce = _nonce(self._chunks, last=last)
        self._file.write(self._aead.seal(nonce, chunk, self._header))
        self._chunks += 1


class SealedReader:
    """Reads any part of a sealed file. Raises `Damaged`, and `FileNotFoundError`."""

    def __init__(self, path: Path, key: bytes) -> None:
        self._file = path.open("rb", buffering=0)
        try:
            self.size = size_within(os.fstat(self._file.fileno()).st_size)
            self._last = max(0, self.size - 1) // CHUNK_BYTES
            self._header = os.pread(self._file.fileno(), HEADER_BYTES, 0)
            self._aead = _aead_of(self._header, key)
            self._end = self._open(self._last)  # authenticates the size
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> SealedReader:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def pieces(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` to `end` (excluded), chunk by chunk; fewer at the end."""
        end = self.size if end is None else min(end, self.size)
        while start < end:
            number, within = divmod(start, CHUNK_BYTES)
            chunk = self._end if number == self._last else self._open(number)
            piece = chunk[within : within + end - start]
            start += len(piece)
            yield piece

    def _open(self, number: int) -> bytes:
        offset = HEADER_BYTES + number * _SEALED_BYTES
        sealed = os.pread(self._file.fileno(), _SEALED_BYTES, offset)
        try:
            return self._aead.open(_nonce(number, last=number == self._last), sealed, self._header)
        except InvalidTag as error:
            raise Damaged(f"chunk {number} of a sealed file is damaged") from error


def _aead_of(header: bytes, key: bytes) -> Aead:
    cipher = BY_NUMBER.get(header[len(_MAGIC)])
    if cipher is None or header[: len(_MAGIC)] != _MAGIC:
        raise Damaged("a sealed file has no valid header")
    if len(key) != KEY_BYTES[cipher]:
        raise Damaged("a sealed file has another cipher than its key")
    return aead(cipher, key)
