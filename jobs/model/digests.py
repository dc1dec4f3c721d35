"""SHA-256: of a text, and one for many, whatever their order."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable


def sha256_of_text(text: str) -> str:
    """Of the text in UTF-8."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def combined(digests: Iterable[str]) -> str:
    """The SHA-256 of the distinct hexadecimal digests, sorted, each with a line break after it: of
    what `sort -u` makes of a file of them.
    """
    lines = "".join(f"{digest}\n" for digest in sorted(set(digests)))
    return hashlib.sha256(lines.encode()).hexdigest()
