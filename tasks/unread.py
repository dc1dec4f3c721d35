"""What a document's reader left out, as results show it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from documents.document import Document


class UnreadItem(BaseModel):
    """Something on a page that was not read, and is not part of the text."""

    model_config = ConfigDict(from_attributes=True)

    what: str = Field(description="Its kind, such as `picture`, `chart`, `equation` or `form`.")
    where: str = Field(description="Its place: a sheet, a part of the file, a heading.")
    reason: str = Field(description="Why it was not read.")
    page: int | None = Field(None, description="The page, from 1; null if unknown.")
    box: tuple[float, float, float, float] | None = Field(
        None, description="Left, top, right and bottom in points; null if unknown."
    )


def unread_items(document: Document) -> list[UnreadItem]:
    return [UnreadItem.model_validate(one) for one in document.unread]
