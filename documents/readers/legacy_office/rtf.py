"""Prepares RTF for LibreOffice."""

from __future__ import annotations

import re

# An escaped backslash comes first, because it is not the beginning of a control word.
_UPR = re.compile(rb"\\\\|\\upr[ \r\n]*+\{")
_IGNORED = rb"\upr{\*\uprold "


def unicode_only(data: bytes) -> bytes:
    """RTF in which a text in two versions (`\\upr`, RTF 1.9.1, "Unicode RTF") has the second only.

    The first is for programs without Unicode. LibreOffice would show both, one after the other, so
    that a number in the second would continue a word of the first.
    """
    return _UPR.sub(lambda match: match[0] if match[0] == rb"\\" else _IGNORED, data)
