"""The master keys, which encrypt ("wrap") data keys and single secrets."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag

from jobs.process.settings import StoreSettings
from jobs.sealing.ciphers import BY_NUMBER, KEY_BYTES, NUMBERS, CipherName, aead, derived
from jobs.sealing.errors import Damaged, UnusableKeys, key_unknown

MASTER_BYTES = 32
_ID_BYTES = 8
_NONCE_BYTES = 12
_HEAD_BYTES = 1 + _ID_BYTES + _NONCE_BYTES
_HOW = "a master key is base64 of 32 random bytes: `openssl rand -base64 32`"


@dataclass(frozen=True, slots=True)
class MasterKeys:
    """`current` wraps; the others only unwrap what they wrapped before.

    A wrapped value is: the cipher's number (1 byte), the master key's id (8), a random nonce (12),
    and the sealed value. Its context, such as the blob that a data key belongs to, is associated
    data, so that a wrapped key copied to another blob does not open. A master key may wrap 2^32
    values (NIST SP 800-38D, 8.3).
    """

    current: bytes
    cipher: CipherName
    _by_id: Mapping[bytes, bytes] = field(repr=False)

    @classmethod
    def parse(cls, text: str, cipher: CipherName) -> MasterKeys:
        """Keys in base64, one a line, the current one first; lines that begin with # are comments.

        Raises `UnusableKeys`.
        """
        lines = [line.strip() for line in text.splitlines()]
        keys = [_key(number, line) for number, line in enumerate(lines, 1) if _is_key(line)]
        if not keys:
            raise UnusableKeys(f"there is no master key in it; {_HOW}")
        return cls(key_id(keys[0]), cipher, {key_id(key): key for key in keys})

    @classmethod
    def from_settings(cls, settings: StoreSettings) -> MasterKeys | None:
        """None: nothing is encrypted. Raises `UnusableKeys`."""
        path, value = settings.master_key_file, settings.master_key
        if path is not None and value is not None:
            raise UnusableKeys(
                "CHANCERY_MASTER_KEY and CHANCERY_MASTER_KEY_FILE are both set: set one of them"
            )
        if path is None and value is None:
            return None
        name = "CHANCERY_MASTER_KEY" if path is None else f"CHANCERY_MASTER_KEY_FILE ({path})"
        try:
            text = path.read_text() if path else value.get_secret_value() if value else ""
            return cls.parse(text, settings.encryption_cipher)
        except OSError as error:
            raise UnusableKeys(f"{name} cannot be read: {error.strerror}") from error
        except (UnusableKeys, UnicodeDecodeError) as error:
            raise UnusableKeys(f"{name}: {error}") from error

    @property
    def current_id(self) -> str:
        return self.current.hex()

    @property
    def ids(self) -> Sequence[str]:
        return [key.hex() for key in self._by_id]

    def wrap(self, value: bytes, context: bytes) -> bytes:
        """Encrypt a value with the current master key."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        head = bytes([NUMBERS[self.cipher]]) + self.current
        key = _wrapping_key(self._by_id[self.current], self.cipher)
        return head + nonce + aead(self.cipher, key).seal(nonce, value, head + context)

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """Raises `Damaged`, and `ProblemError("storage-locked")` if its master key is missing."""
        cipher = BY_NUMBER.get(wrapped[0]) if len(wrapped) > _HEAD_BYTES else None
        if cipher is None:
            raise Damaged("a wrapped key is damaged")
        head, nonce = wrapped[: 1 + _ID_BYTES], wrapped[1 + _ID_BYTES : _HEAD_BYTES]
        master = self._by_id.get(head[1:])
        if master is None:
            raise key_unknown(head[1:].hex())
        opener = aead(cipher, _wrapping_key(master, cipher))
        try:
            return opener.open(nonce, wrapped[_HEAD_BYTES:], head + context)
        except InvalidTag as error:
            raise Damaged("a wrapped key is damaged, or was copied from elsewhere") from error

    def is_current(self, wrapped: bytes) -> bool:
        """Whether the current master key and cipher wrapped the value."""
        return wrapped[: 1 + _ID_BYTES] == bytes([NUMBERS[self.cipher]]) + self.current


def key_id(master: bytes) -> bytes:
    """A master key's id, which reveals nothing about it."""
    return derived(master, CipherName.aes, b"chancery master key id", _ID_BYTES)


def _wrapping_key(master: bytes, cipher: CipherName) -> bytes:
    return derived(master, cipher, b"chancery wrapping " + cipher.encode(), KEY_BYTES[cipher])


def _is_key(line: str) -> bool:
    return bool(line) and not line.startswith("#")


def _key(number: int, line: str) -> bytes:
    try:
        key = base64.b64decode(line, validate=True)
    except binascii.Error:
        key = b""
    if len(key) != MASTER_BYTES:
        raise UnusableKeys(f"line {number} is not a key; {_HOW}")  # without the line: it is secret
    return key
