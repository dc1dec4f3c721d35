"""The path of a line's result in a folder. A `custom_id` may contain any characters."""

from __future__ import annotations

import hashlib
from pathlib import Path
from urllib.parse import quote

# File systems limit a name to 255 bytes; this leaves room for `.json`.
MAX_NAME_BYTES = 200
MAX_PATH_BYTES = 1000


def result_path(folder: Path, custom_id: str) -> Path:
    """`folder/custom_id.json`, never outside `folder`.

    A `custom_id` that is no valid path, or collides with an existing file or folder, gets a
    percent-encoded name with a digest, the same each time.
    """
    path = folder / f"{custom_id}.json"
    if not _is_valid(custom_id) or path.is_dir() or _is_blocked(path, folder):
        digest = hashlib.sha256(custom_id.encode(errors="surrogatepass")).hexdigest()[:16]
        begin = quote(custom_id, safe=" ", errors="replace")[: MAX_NAME_BYTES // 2]
        return folder / f"{begin}-{digest}.json"
    return path


def _is_valid(custom_id: str) -> bool:
    parts = custom_id.split("/")
    plain = custom_id.isprintable() and "\\" not in custom_id and ":" not in parts[0]
    if not plain or len(custom_id.encode()) > MAX_PATH_BYTES:
        return False
    return all(_is_valid_name(part) for part in parts)


def _is_valid_name(part: str) -> bool:
    return part not in ("", ".", "..") and len(part.encode()) <= MAX_NAME_BYTES


def _is_blocked(path: Path, folder: Path) -> bool:
    """Whether a parent folder of `path` is a file, or a link that leads out of `folder`."""
    parents = [parent for parent in path.parents if parent.is_relative_to(folder)]
    return any(
        (parent.exists() and not parent.is_dir())
        or not parent.resolve().is_relative_to(folder.resolve())
        for parent in parents
    )
