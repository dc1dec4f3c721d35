"""What a bundle or an installed release says of itself, and the digests of its files.

Needs the standard library only: it runs on the sealed machine as well.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from progress import Failed

MANIFEST, SUMS = "MANIFEST.json", "SHA256SUMS"


@dataclass(frozen=True, slots=True)
class Manifest:
    """`ledger_format`: the format in which this release keeps its data in Redis.

    `engine`: `cpu` or `cuda` if the wheels of vLLM are in the bundle.
    """

    release: str
    commit: str
    python: str
    machine: str
    ledger_format: int
    engine: str | None = None

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """The manifest in `folder`. Raises `Failed` if there is none that can be read."""
        path = folder / MANIFEST
        try:
            return cls(**json.loads(path.read_text()))
        except (OSError, ValueError, TypeError) as error:
            raise Failed(f"{path} cannot be read: {error}") from error

    def write(self, folder: Path) -> None:
        (folder / MANIFEST).write_text(json.dumps(asdict(self), indent=2) + "\n")


def write_sums(folder: Path, listed: Path) -> str:
    """Write the digests of all files in `folder` into the file `listed`, as `sha256sum` does.

    Returns the digest of the list.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path != listed)
    lines = [f"{sha256(path)}  {path.relative_to(folder)}\n" for path in files]
    listed.write_text("".join(lines))
    return sha256(listed)


def check_sums(folder: Path, listed: Path) -> int:
    """The number of files in `folder` that are as the list `listed` says.

    Raises `Failed`, which names the first files that are missing or differ.
    """
    try:
        sums = _sums(listed.read_text())
    except (OSError, ValueError) as error:
        raise Failed(f"{listed} cannot be read: {error}. Copy the bundle again") from error
    wrong = [name for name, digest in sums.items() if not _is_as_listed(folder / name, digest)]
    if wrong:
        raise Failed(
            f"{len(wrong)} of {len(sums)} files in {folder} are missing or damaged, first "
            f"{', '.join(wrong[:3])}. Copy them again"
        )
    return len(sums)


def _sums(text: str) -> Mapping[str, str]:
    lines = [line.split("  ", 1) for line in text.splitlines()]
    return {name: digest for digest, name in lines}


def _is_as_listed(path: Path, digest: str) -> bool:
    return path.is_file() and sha256(path) == digest


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
