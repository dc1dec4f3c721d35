"""The options of `redact`."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from documents.masking.cover import Cover
from tasks.redact.finder import RULES
from tasks.redact.kinds import Kind
from tasks.redact.masks import Mask

# A word that a caller wants found.
Term = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=200)]


class RedactOptions(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "kinds": ["identity_number", "mobile", "name"],
                "masks": {"name": "stars"},
                "terms": ["阳光工程"],
                "use_model": False,
            }
        },
    )

    kinds: list[Kind] = Field(
        default_factory=lambda: list(RULES),
        min_length=1,
        max_length=len(Kind),
        description="The kinds to mask. Default: all. `term` is always included.",
    )
    terms: list[Term] = Field(
        default_factory=list, max_length=1_000, description="Your own words to mask."
    )
    mask: Mask = Field(
        Mask.official,
        description="`official` masks as official notices do, such as `138****1234`; `stars` "
        "and `blocks` mask everything.",
    )
    masks: dict[Kind, Mask] = Field(
        default_factory=dict, description="Masks for individual kinds, instead of `mask`."
    )
    use_model: bool | None = Field(
        None,
        description="Whether to ask the model for names and addresses. Default: true if `kinds` "
        "includes either. Without it, only labelled names and patterns of addresses are found.",
    )
    cover: list[Cover] = Field(
        default_factory=list,
        max_length=len(Cover),
        description="What to cover in pictures, besides text.",
    )
    verify_by_ocr: bool = Field(
        False,
        description="Whether the pages of the masked file are also read by OCR and searched. It "
        "takes as long as reading a scan of that many pages.",
    )
