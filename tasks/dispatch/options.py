"""What a caller may say to `dispatch`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator
from pydantic.config import JsonValue
from pydantic_core import PydanticCustomError

from tasks.dispatch.examples import MOST_EXAMPLES, MOST_INLINE, Example, ExamplesWrong, labelled
from tasks.dispatch.tree import MOST_NODES, Node, Tree, TreeWrong
from tasks.references import DocumentRef, list_or_document

_LIST_OR_DOCUMENT = Discriminator(
    list_or_document,
    custom_error_type="input",
    custom_error_message="Give a list, or a document by its `text` or `document_id`.",
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
        Annotated[list[Node], Tag("list")] | Annotated[DocumentRef, Tag("document")],
        _LIST_OR_DOCUMENT,
    ] = Field(
        description="The units or categories, nested by `children` or flat with `parent`, or a "
        "document with them: JSON, JSON lines, or CSV or a workbook with the columns `id`, `name` "
        "and, where wanted, `parent`, `description` and `keywords`. At most "
        f"{MOST_NODES:,} nodes on 8 levels."
    )
    examples: (
        Annotated[
            Annotated[list[Example], Tag("list")] | Annotated[DocumentRef, Tag("document")],
            _LIST_OR_DOCUMENT,
        ]
        | None
    ) = Field(
        None,
        description="Messages with the id of the leaf where they belonged: up to "
        f"{MOST_INLINE:,}, or a document with up to {MOST_EXAMPLES:,}, as JSON, JSON lines, or CSV "
        "or a workbook with the columns `text` and `label`.",
    )
    method: Method = Field(
        Method.auto,
        description="`examples`: what was learnt of the examples decides, without a model. "
        "`model`: the model does. `auto`: the examples where they are sure, else the model.",
    )
    sure_from: float = Field(
        0.8,
        ge=0,
        le=1,
        description="With `method` `auto`, the examples decide from this confidence on.",
    )
    allow_unplaced: bool = Field(
        False, description="Where nothing fits, say so, for a person to look, instead of guessing."
    )
    unplaced_below: float = Field(
        0.5,
        ge=0,
        le=1,
        description="With `allow_unplaced`, a message is not placed with less confidence.",
    )
    alternatives: int = Field(3, ge=0, le=20, description="How many to give at most.")
    instructions: str | None = Field(
        None, min_length=1, max_length=2_000, description="What else the model should know."
    )
    doubt_below: float = Field(
        0.8,
        ge=0,
        le=1,
        description="With `model` `auto`, the full model is asked too where the fast one's "
        "`confidence` is below this.",
    )

    @model_validator(mode="after")
    def _fits_together(self) -> DispatchOptions:
        if self.method is Method.examples and self.examples is None:
            raise PydanticCustomError("examples", "`method` `examples` needs `examples`.")
        if isinstance(self.examples, list) and len(self.examples) > MOST_INLINE:
            raise PydanticCustomError("examples", "Too many `examples`: name a document of them.")
        if isinstance(self.tree, list):
            self._check_tree(self.tree)
        return self

    def _check_tree(self, nodes: list[Node]) -> None:
        try:
            tree = Tree(nodes)
            if isinstance(self.examples, list):
                labelled(((f"[{at}]", one) for at, one in enumerate(self.examples)), tree)
        except TreeWrong as error:
            raise PydanticCustomError("tree", "{what}", {"what": f"`tree`, {error}"}) from error
        except ExamplesWrong as error:
            what = {"what": f"`examples`, {error}"}
            raise PydanticCustomError("examples", "{what}", what) from error
