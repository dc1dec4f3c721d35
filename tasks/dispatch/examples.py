"""Reads the tree and the labelled messages from the options, or from documents that they name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from documents.document import Document
from tasks.dispatch.rows import Row, rows
from tasks.dispatch.tree import InvalidTree, Node, Tree
from tasks.errors import OptionsInvalid

Model = TypeVar("Model", bound=BaseModel)

MOST_EXAMPLES = 20_000
MOST_INLINE = 2_000
_KEYWORD_MARKS = str.maketrans("，、；;\n", ",,,,,")


class Example(BaseModel):
    """A message with the leaf to which it was assigned."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1, max_length=100_000, description="The message.")
    label: str = Field(min_length=1, max_length=100, description="The id of a leaf of the tree.")


@dataclass(frozen=True, slots=True)
class LabelledExample:
    """An example with the number of its leaf."""

    text: str
    leaf: int


class InvalidExamples(ValueError):
    """Examples cannot be used; the message says which and why."""


def labelled(examples: Iterable[tuple[str, Example]], tree: Tree) -> list[LabelledExample]:
    """Resolve the labels of `examples`, each with its position.

    Raises `InvalidExamples` for a label that is not a leaf.
    """
    resolved: list[LabelledExample] = []
    unknown: list[str] = []
    inner: list[str] = []
    for where, example in examples:
        label = example.label.strip()
        if label in tree.numbers:
            resolved.append(LabelledExample(example.text, tree.numbers[label]))
        else:
            (inner if label in tree else unknown).append(where)
    for positions, reason in (
        (unknown, "its label is not in the tree"),
        (inner, "its label is a node with others below it: use the id of a leaf"),
    ):
        if positions:
            more = f"; so in {len(positions) - 1:,} more" if len(positions) > 1 else ""
            raise InvalidExamples(f"{positions[0]}: {reason}{more}.")
    return resolved


def tree_from(source: str | Document) -> Tree:
    """Raises `OptionsInvalid`."""
    read = rows(source, "tree")
    nodes = [_validated(Node, row.where, _node_values(row.values), "tree") for row in read]
    try:
        return Tree(nodes, [row.where for row in read])
    except InvalidTree as error:
        raise OptionsInvalid(f"`tree`, {error}") from None


def examples_from(source: str | Document, tree: Tree) -> list[LabelledExample]:
    """Raises `OptionsInvalid`."""
    read = rows(source, "examples")
    if len(read) > MOST_EXAMPLES:
        raise OptionsInvalid(
            f"`examples` has {len(read):,} rows; at most {MOST_EXAMPLES:,} are allowed. Keep the "
            "latest ones."
        )
    try:
        return labelled(((row.where, _example(row)) for row in read), tree)
    except InvalidExamples as error:
        raise OptionsInvalid(f"`examples`, {error}") from None


def counts(examples: Sequence[LabelledExample]) -> Counter[int]:
    return Counter(example.leaf for example in examples)


def _example(row: Row) -> Example:
    wanted = {name: row.values[name] for name in ("text", "label") if name in row.values}
    if isinstance(wanted.get("label"), int):
        wanted["label"] = str(wanted["label"])
    return _validated(Example, row.where, wanted, "examples")


def _node_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a node. A table has all keywords in one cell; other columns are ignored."""
    wanted = {name: value for name, value in values.items() if name in Node.model_fields}
    keywords = wanted.get("keywords")
    if isinstance(keywords, str):
        words = keywords.translate(_KEYWORD_MARKS).split(",")
        wanted["keywords"] = [word.strip() for word in words if word.strip()]
    for name in ("id", "parent"):
        if isinstance(wanted.get(name), int):
            wanted[name] = str(wanted[name])
    return wanted


def _validated(model: type[Model], where: str, values: Mapping[str, Any], what: str) -> Model:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        field = "".join(
            f"[{step}]" if isinstance(step, int) else f".{step}" for step in first["loc"]
        )
        field = field.lstrip(".")[:80]
        raise OptionsInvalid(f"`{what}`, {where}: `{field}`: {first['msg']}.") from None
