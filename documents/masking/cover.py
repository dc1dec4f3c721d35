"""What is covered in pictures, besides the text that is masked."""

from __future__ import annotations

from enum import StrEnum


class Cover(StrEnum):
    """Regions of pictures that a caller wants covered.

    `seals` are seals of red, blue or violet ink, and on gray scans those with text that OCR reads;
    `signatures` is handwriting beside a label such as 签字; `unclear` is text that OCR detected and
    could not read with confidence.
    """

    seals = "seals"
    signatures = "signatures"
    unclear = "unclear"
