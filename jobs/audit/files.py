"""The files of the audit record: one a day, the head, the lock and the key."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Sequence
from pathlib import Path

from jobs.audit.chain import ChainKey
from jobs.process.settings import AuditSettings

FOLDER = "audit"
_KEY_BYTES = 32
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\.jsonl")


class AuditKeyUnusable(Exception):
    """The key of the audit record cannot be used; the message names the setting."""


class AuditFiles:
    """`folder` is made with mode 0700 and its files with 0600."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.head = folder / "head.json"
        self.lock = folder / "lock"
        self.key = folder / "key"

    @classmethod
    def of(cls, data_dir: Path) -> AuditFiles:
        return cls(data_dir / FOLDER)

    def day(self, day: str) -> Path:
        return self.folder / f"{day}.jsonl"

    def days(self) -> Sequence[str]:
        """The days that have a file, in order."""
        if not self.folder.is_dir():
            return []
        return sorted(path.stem for path in self.folder.iterdir() if _DAY.fullmatch(path.name))

    def chain_key(self, settings: AuditSettings) -> ChainKey:
        """The key from the settings, or else the generated one in the folder.

        Raises `AuditKeyUnusable`, and `OSError` if the folder cannot be written.
        """
        if settings.key is not None:
            return _checked(settings.key.get_secret_value().encode(), "CHANCERY_AUDIT_KEY")
        if settings.key_file is not None:
            return read_key(settings.key_file)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self.key.exists():
            self._generate_key()
        return read_key(self.key)

    def _generate_key(self) -> None:
        """Several processes may start at once: the first link wins."""
        new = self.folder / f".key-{secrets.token_hex(8)}"
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_hex(_KEY_BYTES) + "\n")
                file.flush()
                os.fsync(descriptor)
            os.link(new, self.key)
        except FileExistsError:
            pass
        finally:
            new.unlink()


def read_key(path: Path) -> ChainKey:
    """Raises `AuditKeyUnusable`."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise AuditKeyUnusable(
            f"CHANCERY_AUDIT_KEY_FILE: {path} cannot be read: {error.strerror}"
        ) from error
    return _checked(text, str(path))


def _checked(text: bytes, where: str) -> ChainKey:
    secret = text.strip()
    if len(secret) < _KEY_BYTES:
        raise AuditKeyUnusable(
            f"{where}: the key has {len(secret)} bytes; use at least {_KEY_BYTES}, such as the "
            "output of `openssl rand -hex 32`"
        )
    return ChainKey(secret)
