"""Decrypts the bytes of a PDF that belong to no object that a PDF library reads.

A file that only forbids printing or copying is encrypted too, with an empty password.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import pikepdf
from cryptography.hazmat.decrepit.ciphers.algorithms import ARC4
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from pikepdf.models import EncryptionMethod

_BLOCK = 16
_LONGEST_KEY = 16
_FIRST_WITH_FILTERS = 4  # the version from which each kind of data has its own method


@dataclass(frozen=True, slots=True)
class Decryption:
    """The key of a file and its methods for streams and strings (ISO 32000-2, 7.6)."""

    key: bytes
    streams: EncryptionMethod
    strings: EncryptionMethod

    @classmethod
    def of(cls, pdf: pikepdf.Pdf) -> Decryption | None:
        """Return the decryption of an open file; None if it is not encrypted."""
        if not pdf.is_encrypted:
            return None
        info = pdf.encryption
        if info.V < _FIRST_WITH_FILTERS:
            return cls(info.encryption_key, EncryptionMethod.rc4, EncryptionMethod.rc4)
        return cls(info.encryption_key, info.stream_method, info.string_method)

    def stream(self, data: bytes, number: int, generation: int) -> bytes | None:
        """Decrypt the bytes of a stream of an object; None if they are not encrypted like that."""
        return self._decrypted(self.streams, data, number, generation)

    def string(self, data: bytes, number: int, generation: int) -> bytes | None:
        """The same for a string of an object."""
        return self._decrypted(self.strings, data, number, generation)

    def _decrypted(
        self, method: EncryptionMethod, data: bytes, number: int, generation: int
    ) -> bytes | None:
        if method is EncryptionMethod.rc4:
            decryptor = Cipher(ARC4(self._object_key(b"", number, generation)), None).decryptor()
            return decryptor.update(data) + decryptor.finalize()
        if method is EncryptionMethod.aes:
            return _aes(self._object_key(b"sAlT", number, generation), data)
        return _aes(self.key, data) if method is EncryptionMethod.aesv3 else None

    def _object_key(self, salt: bytes, number: int, generation: int) -> bytes:
        place = number.to_bytes(4, "little")[:3] + generation.to_bytes(4, "little")[:2]
        digest = hashlib.md5(self.key + place + salt, usedforsecurity=False).digest()
        return digest[: min(len(self.key) + 5, _LONGEST_KEY)]


def _aes(key: bytes, data: bytes) -> bytes | None:
    """The text of an initialisation vector and blocks with padding; None for other data."""
    if len(data) < 2 * _BLOCK or len(data) % _BLOCK:
        return None
    decryptor = Cipher(AES(key), CBC(data[:_BLOCK])).decryptor()
    text = decryptor.update(data[_BLOCK:]) + decryptor.finalize()
    padding = text[-1]
    return text[:-padding] if 1 <= padding <= _BLOCK else None
