"""Options that tasks have in common because they ask a model."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

Instructions = Annotated[
    str | None,
    Field(min_length=1, max_length=2_000, description="Further instructions for the model."),
]
DoubtBelow = Annotated[
    float,
    Field(
        ge=0,
        le=1,
        description="With `model` `auto`, the full model is also used if the fast model's "
        "`confidence` is below this value.",
    ),
]
