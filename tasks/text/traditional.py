"""The simplified forms of traditional characters.

Both are searched as one: a name is 張偉 in one document and 张伟 in another.
"""

from __future__ import annotations

from pathlib import Path

_PAIRS = "".join(
    line
    for line in Path(__file__).with_name("traditional.txt").read_text("utf-8").splitlines()
    if not line.startswith("#")
)
_SIMPLIFIED = str.maketrans(_PAIRS[::2], _PAIRS[1::2])


def simplified(text: str) -> str:
    """Returns `text` with simplified characters, in the same length.

    Each character by itself: one that stands for several traditional ones stands for them all.
    """
    return text.translate(_SIMPLIFIED)
