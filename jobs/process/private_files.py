"""Files that only their owner can read."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def write_private(path: Path, text: str) -> None:
    """Write `path` atomically, with mode 0600."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        os.fchmod(descriptor, 0o600)
        file.write(text)
    temporary.replace(path)


def read_private(path: Path) -> str | None:
    """The text of `path`, stripped; None if the file does not exist."""
    return path.read_text().strip() if path.exists() else None


def stored_secret(path: Path) -> str:
    """The URL-safe secret in `path`. The first call generates it."""
    secret = read_private(path)
    if secret:
        return secret
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    write_private(temporary, secrets.token_urlsafe(24) + "\n")
    try:
        # Unlike a replacement, a link fails if another process was faster.
        os.link(temporary, path)
    except FileExistsError:
        pass
    finally:
        temporary.unlink()
    return path.read_text().strip()
