"""The options of `dispatch`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator
from pydantic.config import JsonValue
from pydantic_core import PydanticCustomError

from tasks.dispatch.examples import MOST_EXAMPLES, MOST_INLINE, Example, InvalidExamples, labelled
from tasks.dispatch.tree import MOST_NODES, InvalidTree, Node, Tree
from tasks.model.options import DoubtBelow, Instructions
from tasks.references import DocumentRef, list_or_document

_LIST_OR_DOCUMENT = Discriminator(
    list_or_document,
    custom_error_type="input",
    custom_error_message="Send a list, or a document as `text` or `document_id`.",
)
_NODES: list[JsonValue] = [
    {
        "id": "city",
        "name": "城市管理局",
        "children": [
            {"id": "lamps", "name": "路灯照明", "keywords": ["路灯", "灯杆"]},
            {"id": "stalls", "name": "占道经营", "keywords": ["摊贩", "占道"]},
        ],
    },
    {"id": "water", "name": "供水", "description": "停水、水压、水质、水表"},
]


class Method(StrEnum):
    auto = "auto"
    examples = "examples"
    model = "model"


class DispatchOptions(BaseModel):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"tree": _NODES, "allow_unplaced": True}}
    )

    tree: Annotated[
        Annotated[list[Node], Field(max_length=MOST_NODES), Tag("list")]
        | Annotated[DocumentRef, Tag("document")],
        _LIST_OR_DOCUMENT,
    ] = Field(
        description="The units or categories, nested by `children` or flat with `parent`, or a "
        "document with them: JSON, JSON lines, or CSV or a workbook with the columns `id` and "
        "`name`, and optionally `parent`, `description` and `keywords`. At most "
        f"{MOST_NODES:,} nodes on 8 levels."
    )
    examples: (
        Annotated[
            # The validator below checks the limit, and advises to send a document.
            Annotated[
                list[Example], Field(json_schema_extra={"maxItems": MOST_INLINE}), Tag("list")
            ]
            | Annotated[DocumentRef, Tag("document")],
            _LIST_OR_DOCUMENT,
        ]
        | None
    ) = Field(
        None,
        description="Messages with the id of the correct leaf: up to "
        f"{MOST_INLINE:,}, or a document with up to {MOST_EXAMPLES:,}, as JSON, JSON lines, or CSV "
        "or a workbook with the columns `text` and `label`.",
    )
    method: Method = Field(
        Method.auto,
        description="`examples`: a classifier trained on the examples decides, without a model. "
        "`model`: the model decides. `auto`: the examples decide if their confidence is high "
        "enough, otherwise the model.",
    )
    sure_from: float = Field(
        0.8,
        ge=0,
        le=1,
        description="With `method` `auto`, the lowest confidence with which the examples decide.",
    )
    allow_unplaced: bool = Field(
        False,
        description="Return no leaf, for a person to decide, if nothing fits or confidence is low.",
    )
    unplaced_below: float = Field(
        0.5,
        ge=0,
        le=1,
        description="With `allow_unplaced`, the lowest confidence with which a leaf is returned.",
    )
    alternatives: int = Field(3, ge=0, le=20, description="The maximum number of alternatives.")
    instructions: Instructions = None
    doubt_below: DoubtBelow = 0.8

    @model_validator(mode="after")
    def _fits_together(self) -> DispatchOptions:
        if self.method is Method.examples and self.examples is None:
            raise PydanticCustomError("examples", "`method` `examples` needs `examples`.")
        if isinstance(self.examples, list) and len(self.examples) > MOST_INLINE:
            raise PydanticCustomError("examples", "Too many `examples`: send them as a document.")
        if isinstance(self.tree, list):
            self._check_tree(self.tree)
        return self

    def _check_tree(self, nodes: list[Node]) -> None:
        try:
            tree = Tree(nodes)
            if isinstance(self.examples, list):
                numbered = ((f"[{index}]", one) for index, one in enumerate(self.examples))
                labelled(numbered, tree)
        except InvalidTree as error:
            detail = {"detail": f"`tree`, {error}"}
            raise PydanticCustomError("tree", "{detail}", detail) from error
        except InvalidExamples as error:
            detail = {"detail": f"`examples`, {error}"}
            raise PydanticCustomError("examples", "{detail}", detail) from error
