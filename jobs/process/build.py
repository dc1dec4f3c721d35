"""Which build of Chancery a process runs."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_PACKAGES = ("api", "documents", "jobs", "tasks", "worker")
_DIGEST_CHARS = 10


@cache
def build() -> str:
    """The version, and a digest of the installed code: `1.2.0+3fa90c2b71`.

    Two builds of one version differ in the digest; the same code in a checkout, a wheel or an image
    has the same. Call it when the process starts: the files may be replaced later.
    """
    return f"{version('chancery-server')}+{digest_of(_ROOT, _PACKAGES)}"


def digest_of(root: Path, packages: tuple[str, ...]) -> str:
    """A short digest of the packages' files below `root`: their paths and contents."""
    digest = sha256()
    for package in packages:
        for path in sorted((root / package).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                content = path.read_bytes()
                digest.update(f"{path.relative_to(root)}\n{len(content)}\n".encode() + content)
    return digest.hexdigest()[:_DIGEST_CHARS]
