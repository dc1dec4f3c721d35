"""GBK bytes that some programs write in fonts of one byte, where they read as Latin characters."""

from __future__ import annotations

import re
from collections.abc import Iterator

# What bytes above 127 are in Windows-1252, and characters among them that look like GB2312's.
_HIGH = "".join(
    sorted({bytes([code]).decode("cp1252", "ignore") for code in range(0x80, 0x100)} - {""})
)
_RUN = re.compile(rf"[\x20-\x7e{re.escape(_HIGH)}]+")
_DENSE = re.compile(r"[\u00a1-\u00ff]{4}")
_LEAST_HAN = 2

Recoded = list[tuple[str, range]]
"""Characters, and the offsets of the bytes of each."""


def gbk_runs(text: str) -> Iterator[tuple[int, int, Recoded]]:
    """The runs of Latin characters that read as Chinese in GBK: start, end, and their characters
    with offsets from the start.
    """
    if not _DENSE.search(text):
        return
    for match in _RUN.finditer(text):
        recoded = _as_gbk(match[0])
        if recoded is not None:
            yield *match.span(), recoded


def is_mojibake(text: str) -> bool:
    """Whether a text has a run of Latin characters that reads as Chinese in GBK."""
    return next(gbk_runs(text), None) is not None


def _as_gbk(run: str) -> Recoded | None:
    """The characters of a run, and the offsets of the bytes of each; None if it is not GBK."""
    if not _DENSE.search(run):
        return None
    try:
        data = b"".join(char.encode("cp1252") for char in run)
        text = data.decode("gb18030")
    except UnicodeError:
        return None
    if sum("\u4e00" <= char <= "\u9fff" for char in text) < _LEAST_HAN:
        return None
    decoded, at = [], 0
    for char in text:
        size = len(char.encode("gb18030"))
        decoded.append((char, range(at, at + size)))
        at += size
    return decoded
