"""Files that their owner alone may read."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def write_private(path: Path, text: str) -> None:
    """Write `path` whole, mode 0600, so that no reader ever sees a part of it."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        os.fchmod(descriptor, 0o600)
        file.write(text)
    unfinished.replace(path)


def read_private(path: Path) -> str | None:
    """The text of `path` without the line's end; None where there is no such file."""
    return path.read_text().strip() if path.exists() else None


def kept_secret(path: Path) -> str:
    """The secret kept at `path`, made and kept at the first call. URL-safe."""
    kept = read_private(path)
    if kept:
        return kept
    made = secrets.token_urlsafe(24)
    write_private(path, made + "\n")
    return made
