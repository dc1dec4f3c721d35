"""A part of a picture file beside its pixels."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto


class PartKind(Enum):
    """What a part is: text, bytes in which text may stand, TIFF tags, or not readable."""

    text = auto()
    strings = auto()
    tags = auto()
    frame = auto()
    unknown = auto()
    outside = auto()


@dataclass(frozen=True, slots=True)
class PicturePart:
    """`where` names the part for a person."""

    where: str
    data: bytes
    kind: PartKind
