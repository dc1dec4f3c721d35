"""Text at an angle to the text of a page, such as a watermark."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import dist

from documents.document import BlockKind
from documents.page.blocks import Box, Glyph, PageBlock
from documents.page.page_lines import around

_NEAR = 2.0  # in sizes of a character's box


def slanted_texts(glyphs: Sequence[Glyph]) -> Iterator[PageBlock]:
    """The texts of slanted characters in text order: each of characters that stand together."""
    group: list[Glyph] = []
    last: Box | None = None
    for glyph in glyphs:
        if glyph.box is not None and not glyph.is_space:
            if last is not None and not _is_near(last, glyph.box):
                yield from _block(group)
                group = []
            last = glyph.box
        group.append(glyph)
    yield from _block(group)


def _is_near(one: Box, other: Box) -> bool:
    size = max(_size(one), _size(other))
    return dist(_middle(one), _middle(other)) < _NEAR * size


def _size(box: Box) -> float:
    return max(box[2] - box[0], box[3] - box[1])


def _middle(box: Box) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def _block(group: Sequence[Glyph]) -> Iterator[PageBlock]:
    text = " ".join("".join(glyph.char for glyph in group).split())
    boxes = [glyph.box for glyph in group if glyph.box is not None and not glyph.is_space]
    if text and boxes:
        yield PageBlock(text, BlockKind.annotation, around(boxes))
