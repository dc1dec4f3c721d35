"""SHA-256 digests of texts and of sets of digests."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable


def sha256_of_text(text: str) -> str:
    """The hexadecimal SHA-256 of the text in UTF-8."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def combined(digests: Iterable[str]) -> str:
    """The SHA-256 of the distinct hexadecimal digests, sorted, one on each line. The same as
    `sort -u FILE | sha256sum` for a file with the digests.
    """
    lines = "".join(f"{digest}\n" for digest in sorted(set(digests)))
    return hashlib.sha256(lines.encode()).hexdigest()
