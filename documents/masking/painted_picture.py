"""Paints over text in a picture: what OCR reads and the masking finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from PIL import Image

from documents.masking.cover import Cover
from documents.masking.replacement import Masking, Replacement
from documents.readers.pictures import OcrBudget

# Left, top, right, bottom, in pixels of the picture.
PixelBox = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line of text for an invisible layer.

    `box` is in pixels of the picture; `turns` counts the clockwise quarter turns of the text: 1 is
    text that runs downwards.
    """

    text: str
    box: PixelBox
    turns: int = 0


@dataclass(frozen=True, slots=True)
class PaintedFinding:
    """A replacement, and the boxes that were painted over: several if it spans lines."""

    change: Replacement
    boxes: tuple[PixelBox, ...]


@dataclass(frozen=True, slots=True)
class PaintedPicture:
    """A picture without the text to be masked.

    Attributes:
        picture: A new picture of the same size.
        lines: What OCR read, masked, in reading order.
        findings: What was masked.
        unclear: Boxes of text that OCR detected and could not read with confidence. They are still
            visible, unless the masking covers them.
        covered: Boxes that were covered by `Masking.cover`.
    """

    picture: Image.Image
    lines: tuple[TextLine, ...]
    findings: tuple[PaintedFinding, ...]
    unclear: tuple[PixelBox, ...] = ()
    covered: Sequence[tuple[Cover, PixelBox]] = field(default=())


def paint(picture: Image.Image, masking: Masking, ocr: OcrBudget) -> PaintedPicture:
    """Read a picture by OCR and paint over what the masking finds.

    `picture` is as a person sees it: upright in its own way, on white, of mode `1`, `L` or `RGB`
    (`documents.readers.pictures.upright`). One page is taken from `ocr`.

    Raises `PagesUnread` if OCR is switched off or its pages or time are used up: such a picture
    must not be handed out. Raises `MemoryError`.
    """
    raise NotImplementedError
