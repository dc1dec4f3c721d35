"""A document's seals, as results show them."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from documents.document import Document, Seal
from documents.ocr.scan import CLEAR


class SealItem(BaseModel):
    """A seal on a page, or an electronic seal or signature of the file."""

    model_config = ConfigDict(from_attributes=True)

    shape: str = Field(description="`round`, `oval`, `square` or `electronic`.")
    text: str = Field(
        description="The text of its ring and then the lines inside it, or the names of an "
        "electronic seal and its signer."
    )
    page: int | None = Field(None, description="The page, from 1; null if unknown.")
    box: tuple[float, float, float, float] | None = Field(
        None, description="Left, top, right and bottom in points; null if unknown."
    )
    confidence: float | None = Field(
        None, description="Confidence of OCR, from 0 to 1; null without OCR."
    )
    digest_holds: bool | None = Field(
        None,
        description="Whether the file is the one that was signed; null if that was not checked. "
        "The chain of certificates is never verified.",
    )


def seal_items(document: Document) -> list[SealItem]:
    return [SealItem.model_validate(one) for one in document.seals]


def is_read(seal: Seal) -> bool:
    """Whether a seal has a text, which OCR read with confidence or the file stores.

    That of a black seal is mixed with the text beneath it.
    """
    if seal.shape == "electronic":
        return bool(seal.text)
    return bool(seal.text) and not seal.hides_text and (seal.confidence or 0.0) >= CLEAR
