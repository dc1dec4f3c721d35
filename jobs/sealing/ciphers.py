"""The two authenticated ciphers that bytes are sealed with."""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

TAG_BYTES = 16


class CipherName(StrEnum):
    """AES-256-GCM (NIST SP 800-38D) or SM4-GCM (GB/T 32907-2016, RFC 8998)."""

    aes = "aes-256-gcm"
    sm4 = "sm4-gcm"


NUMBERS = {CipherName.aes: 1, CipherName.sm4: 2}
BY_NUMBER = {number: name for name, number in NUMBERS.items()}
KEY_BYTES = {CipherName.aes: 32, CipherName.sm4: 16}


class Aead(Protocol):
    """A cipher with its key. `open` raises `cryptography`'s `InvalidTag`."""

    def seal(self, nonce: bytes, data: bytes, associated: bytes) -> bytes: ...

    def open(self, nonce: bytes, sealed: bytes, associated: bytes) -> bytes: ...


def aead(name: CipherName, key: bytes) -> Aead:
    return _Aes(key) if name is CipherName.aes else _Sm4(key)


def is_available(name: CipherName) -> bool:
    """Whether the OpenSSL of `cryptography` has the cipher."""
    try:
        aead(name, bytes(KEY_BYTES[name])).seal(bytes(12), b"", b"")
    except UnsupportedAlgorithm:
        return False
    return True


def derived(master: bytes, name: CipherName, purpose: bytes, length: int) -> bytes:
    """A key for one purpose from a master key: HKDF (RFC 5869), with SM3 for SM4."""
    digest: hashes.HashAlgorithm = hashes.SHA256() if name is CipherName.aes else hashes.SM3()
    return HKDF(algorithm=digest, length=length, salt=None, info=purpose).derive(master)


class _Aes:
    def __init__(self, key: bytes) -> None:
        self._gcm = AESGCM(key)

    def seal(self, nonce: bytes, data: bytes, associated: bytes) -> bytes:
        return self._gcm.encrypt(nonce, data, associated)

    def open(self, nonce: bytes, sealed: bytes, associated: bytes) -> bytes:
        return self._gcm.decrypt(nonce, sealed, associated)


class _Sm4:
    def __init__(self, key: bytes) -> None:
        self._sm4 = algorithms.SM4(key)

    def seal(self, nonce: bytes, data: bytes, associated: bytes) -> bytes:
        encryptor = Cipher(self._sm4, modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(associated)
        return encryptor.update(data) + encryptor.finalize() + encryptor.tag

    def open(self, nonce: bytes, sealed: bytes, associated: bytes) -> bytes:
        if len(sealed) < TAG_BYTES:
            raise InvalidTag
        mode = modes.GCM(nonce, sealed[-TAG_BYTES:])
        decryptor = Cipher(self._sm4, mode).decryptor()
        decryptor.authenticate_additional_data(associated)
        return decryptor.update(sealed[:-TAG_BYTES]) + decryptor.finalize()
