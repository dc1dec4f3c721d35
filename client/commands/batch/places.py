"""Where in a folder the result of a line goes: a `custom_id` may hold anything."""

from __future__ import annotations

import hashlib
from pathlib import Path
from urllib.parse import quote

# Room for `.json` within the 255 bytes that file systems give a name.
LONGEST_NAME_BYTES = 200
LONGEST_PATH_BYTES = 1000


def place_for(folder: Path, custom_id: str) -> Path:
    """`folder/custom_id.json`, never outside of `folder`.

    What cannot be a path, or collides with a folder or a file in the way, gets a name of its own
    that is the same each time.
    """
    place = folder / f"{custom_id}.json"
    if not _is_path(custom_id) or place.is_dir() or _is_blocked(place, folder):
        digest = hashlib.sha256(custom_id.encode(errors="surrogatepass")).hexdigest()[:16]
        begin = quote(custom_id, safe=" ", errors="replace")[: LONGEST_NAME_BYTES // 2]
        return folder / f"{begin}-{digest}.json"
    return place


def _is_path(custom_id: str) -> bool:
    parts = custom_id.split("/")
    fits = custom_id.isprintable() and "\\" not in custom_id and ":" not in parts[0]
    if not fits or len(custom_id.encode()) > LONGEST_PATH_BYTES:
        return False
    return all(_is_name(part) for part in parts)


def _is_name(part: str) -> bool:
    return part not in ("", ".", "..") and len(part.encode()) <= LONGEST_NAME_BYTES


def _is_blocked(place: Path, folder: Path) -> bool:
    """Whether a file, or a link that leads out of `folder`, is where a folder would have to be."""
    above = [parent for parent in place.parents if parent.is_relative_to(folder)]
    return any(
        (parent.exists() and not parent.is_dir())
        or not parent.resolve().is_relative_to(folder.resolve())
        for parent in above
    )
