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

from collections.abc import Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag

from jobs.blobs import Source
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
    """Reads any part of a sealed file, and closes `source`. Raises `Damaged`."""

    def __init__(self, source: Source, key: bytes) -> None:
        self._source = source
        try:
            self.size = size_within(source.size)
            self._last = max(0, self.size - 1) // CHUNK_BYTES
            self._header = source.read(0, HEADER_BYTES)
            self._aead = _aead_of(self._header, key)
            [self._end] = self._open(self._last, 1)  # authenticates the size
        except BaseException:
            source.close()
            raise

    def __enter__(self) -> SealedReader:
        return self

    def __exit__(self, *_: object) -> None:
        self._source.close()

    def pieces(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from `start` to `end` (excluded), chunk by chunk; fewer at the end."""
        end = self.size if end is None else min(end, self.size)
        while start < end:
            for chunk in self._chunks(start // CHUNK_BYTES, (end - 1) // CHUNK_BYTES):
                within = start % CHUNK_BYTES
                piece = chunk[within : within + end - start]
                start += len(piece)
                yield piece

    def _chunks(self, first: int, last: int) -> Iterator[bytes]:
        """Chunks from `first` on, at most to `last`, as many as are read at once."""
        if first == self._last:
            return iter([self._end])
        return self._open(first, min(last - first + 1, max(1, self._source.window // CHUNK_BYTES)))

    def _open(self, first: int, count: int) -> Iterator[bytes]:
        offset = HEADER_BYTES + first * _SEALED_BYTES
        sealed = memoryview(self._source.read(offset, count * _SEALED_BYTES))
        for number in range(first, first + count):
            nonce = _nonce(number, last=number == self._last)
            chunk, sealed = sealed[:_SEALED_BYTES], sealed[_SEALED_BYTES:]
            try:
                yield self._aead.open(nonce, bytes(chunk), self._header)
            except (InvalidTag, ValueError) as error:
                raise Damaged(f"chunk {number} of a sealed file is damaged") from error


def _aead_of(header: bytes, key: bytes) -> Aead:
    cipher = BY_NUMBER.get(header[len(_MAGIC)])
    if cipher is None or header[: len(_MAGIC)] != _MAGIC:
        raise Damaged("a sealed file has no valid header")
    if len(key) != KEY_BYTES[cipher]:
        raise Damaged("a sealed file has another cipher than its key")
    return aead(cipher, key)
