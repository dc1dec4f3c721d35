"""Master keys and encrypted stores for tests."""

from __future__ import annotations

import base64
from pathlib import Path

from pydantic import SecretStr

from jobs.process.settings import StoreSettings
from jobs.sealing.ciphers import CipherName
from jobs.store import Store


def master_key(number: int = 1) -> str:
    """A master key that is obviously not a secret: one byte, 32 times."""
    return base64.b64encode(bytes([number]) * 32).decode()


def sealed_settings(
    data_dir: Path, *keys: str, cipher: CipherName = CipherName.aes
) -> StoreSettings:
    text = "\n".join(keys or (master_key(),))
    return StoreSettings(data_dir=data_dir, master_key=SecretStr(text), encryption_cipher=cipher)


def sealed_store(data_dir: Path, *keys: str, cipher: CipherName = CipherName.aes) -> Store:
    return Store.opened(sealed_settings(data_dir, *keys, cipher=cipher))
