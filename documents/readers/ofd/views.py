"""The text of an OFD page with only what is painted alike.

Characters between others that cannot be seen, because they are white, transparent, not filled,
clipped or squeezed, are painted otherwise than those that a reader sees.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from documents.readers.ofd.page import Run

_MOST_LOOKS = 8  # of the text of one element


def views(drawn: Sequence[Run]) -> Iterator[list[Run]]:
    """Yield the text, that which can be seen on white paper, and that of each look.

    Texts with more than eight looks are not divided by them.
    """
    yield list(drawn)
    visible = [run for run in drawn if not run.is_faint]
    if visible and len(visible) < len(drawn):
        yield visible
    looks: dict[str, list[Run]] = {}
    for run in drawn:
        looks.setdefault(run.look, []).append(run)
    if 1 < len(looks) <= _MOST_LOOKS:
        yield from (alike for alike in looks.values() if alike != visible)
