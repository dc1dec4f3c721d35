"""The data keys of sealed blobs, each wrapped by a master key and stored under its blob's name.

A stored key has two slots of 128 bytes. `KeyFolder` and `KeyObjects` are the places for them.
"""

from __future__ import annotations

import secrets
from abc import ABC, abstractmethod
from collections.abc import Iterator

from jobs.model.problems import ProblemError
from jobs.sealing.ciphers import KEY_BYTES, CipherName, is_available
from jobs.sealing.errors import Damaged, UnusableKeys
from jobs.sealing.master_keys import MasterKeys

SLOT_BYTES = 128
FREE = bytes(SLOT_BYTES)
# A key that a Store checks when it opens: it shows that the master key is the right one.
CHECK = "check"


class DataKeys(ABC):
    """Creates, reads, destroys and rewraps data keys. All methods block."""

    def __init__(self, master: MasterKeys) -> None:
        self._master = master

    def __str__(self) -> str:
        """Where the keys are."""
        raise NotImplementedError

    @property
    def cipher(self) -> CipherName:
        return self._master.cipher

    def new_key(self) -> bytes:
        return secrets.token_bytes(KEY_BYTES[self.cipher])

    @abstractmethod
    def keep(self, name: str, key: bytes) -> None:
        """Store the key of the blob `name`, which is new. It is durable when this returns."""

    def read(self, name: str) -> bytes:
        """The key of a blob.

        Raises `FileNotFoundError` if it was destroyed, `Damaged`, and
        `ProblemError("storage-locked")` if its master key is missing.
        """
        return self._unwrapped(name, self._stored(name))

    @abstractmethod
    def destroy(self, name: str) -> None:
        """Remove the key of a blob, if it exists, so that it cannot be restored from the place."""

    def rewrap(self) -> tuple[int, int]:
        """Wrap every key with the current master key. Returns how many were wrapped again, and how
        many could not be, because they are damaged.

        Raises `ProblemError("storage-locked")` if a key's master key is missing.
        """
        changed = damaged = 0
        for name in [*self.names(), CHECK]:
            try:
                changed += self._rewrap(name)
            except Damaged:
                damaged += 1
            except FileNotFoundError:
                continue  # destroyed meanwhile
        return changed, damaged

    @abstractmethod
    def names(self, min_age_seconds: float = 0) -> Iterator[str]:
        """The blobs that have a key, except those whose key is younger."""

    def check(self) -> None:
        """Check the master key with the place, which is prepared if it is new.

        Raises `UnusableKeys`.
        """
        if not is_available(self._master.cipher):
            raise UnusableKeys(
                f"CHANCERY_ENCRYPTION_CIPHER is {self._master.cipher}, which this OpenSSL does not "
                "have"
            )
        try:
            self.read(CHECK)
        except Damaged as error:
            raise UnusableKeys(f"{self}/{CHECK} is damaged: restore it") from error
        except FileNotFoundError:
            if next(self.names(), None) is not None:
                raise UnusableKeys(f"{self}/{CHECK} is missing: restore it") from None
            self._create_check()
        except ProblemError as error:
            if error.problem.code != "storage-locked":
                raise
            raise UnusableKeys(
                f"the keys in {self} are of another master key: set the one that they were made "
                f"with. {error.problem.detail}"
            ) from error

    @abstractmethod
    def _stored(self, name: str) -> bytes:
        """Raises `FileNotFoundError`."""

    @abstractmethod
    def _rewrap(self, name: str) -> bool:
        """Wrap a key with the current master key. False: it was. A key that is destroyed meanwhile
        does not come back.
        """

    @abstractmethod
    def _create_check(self) -> None:
        """Several processes may start at once: the first one's check stays, and is never seen in
        part.
        """

    def _unwrapped(self, name: str, slots: bytes) -> bytes:
        error: Exception = Damaged(f"the key of {name} is damaged")
        for wrapped in _wrapped_in(slots):
            try:
                return self._master.unwrap(wrapped, name.encode())
            except (Damaged, ProblemError) as failure:
                error = failure
        raise error

    def _is_current(self, slots: bytes) -> bool:
        return all(map(self._master.is_current, _wrapped_in(slots)))

    def _slot(self, name: str, key: bytes) -> bytes:
        wrapped = self._master.wrap(key, name.encode())
        return (bytes([len(wrapped)]) + wrapped).ljust(SLOT_BYTES, b"\0")


def refuse_unkeyed(place: str) -> None:
    """For a process without a master key where something is encrypted. Raises `UnusableKeys`."""
    raise UnusableKeys(
        f"the documents were encrypted (their keys are in {place}), but no master key is set: set "
        "CHANCERY_MASTER_KEY_FILE or CHANCERY_MASTER_KEY"
    )


def _wrapped_in(slots: bytes) -> list[bytes]:
    """The wrapped keys in the slots that are not free."""
    both = (slots[:SLOT_BYTES], slots[SLOT_BYTES : 2 * SLOT_BYTES])
    return [slot[1 : 1 + slot[0]] for slot in both if slot and slot[0]]
