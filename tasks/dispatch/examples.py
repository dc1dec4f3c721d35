"""Labelled messages and the tree, as a caller gives them: in the options, or in documents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from documents.document import Document
from tasks.dispatch.rows import Row, rows
from tasks.dispatch.tree import Node, Tree, TreeWrong
from tasks.errors import OptionsInvalid

Model = TypeVar("Model", bound=BaseModel)

MOST_EXAMPLES = 20_000
MOST_INLINE = 2_000
_KEYWORD_MARKS = str.maketrans("，、；;\n", ",,,,,")


class Example(BaseModel):
    """A message, and where it belonged."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1, max_length=100_000, description="The message.")
    label: str = Field(min_length=1, max_length=100, description="The id of a leaf of the tree.")


@dataclass(frozen=True, slots=True)
class Labelled:
    """An example whose label is a leaf of the tree, by its number."""

    text: str
    place: int


class ExamplesWrong(ValueError):
    """What is wrong with examples; `str` says it and where."""


def labelled(examples: Iterable[tuple[str, Example]], tree: Tree) -> list[Labelled]:
    """`examples` come with where they stand. Raises `ExamplesWrong`: a label that is no leaf."""
    found: list[Labelled] = []
    unknown: list[str] = []
    inner: list[str] = []
    for where, example in examples:
        label = example.label.strip()
        if label in tree.numbers:
            found.append(Labelled(example.text, tree.numbers[label]))
        else:
            (inner if label in tree else unknown).append(where)
    for places, wrong in (
        (unknown, "its label is not in the tree"),
        (inner, "its label is a node with others below it: give the one that is meant"),
    ):
        if places:
            more = f"; so in {len(places) - 1:,} more" if len(places) > 1 else ""
            raise ExamplesWrong(f"{places[0]}: {wrong}{more}.")
    return found


def tree_from(given: str | Document) -> Tree:
    """Raises `OptionsInvalid`."""
    found = rows(given, "tree")
    nodes = [_read(Node, row.where, _node_values(row.values), "tree") for row in found]
    try:
        return Tree(nodes, [row.where for row in found])
    except TreeWrong as error:
        raise OptionsInvalid(f"`tree`, {error}") from None


def examples_from(given: str | Document, tree: Tree) -> list[Labelled]:
    """Raises `OptionsInvalid`."""
    found = rows(given, "examples")
    if len(found) > MOST_EXAMPLES:
        raise OptionsInvalid(
            f"`examples` has {len(found):,} rows; at most {MOST_EXAMPLES:,} are taken. Keep the "
            "latest ones."
        )
    read = ((row.where, _example(row)) for row in found)
    try:
        return labelled(read, tree)
    except ExamplesWrong as error:
        raise OptionsInvalid(f"`examples`, {error}") from None


def counts(examples: Sequence[Labelled]) -> Counter[int]:
    return Counter(one.place for one in examples)


def _example(row: Row) -> Example:
    wanted = {name: row.values[name] for name in ("text", "label") if name in row.values}
    if isinstance(wanted.get("label"), int):
        wanted["label"] = str(wanted["label"])
    return _read(Example, row.where, wanted, "examples")


def _node_values(values: Mapping[str, Any]) -> dict[str, Any]:
    """A row of a table has its keywords in one cell; other columns are the department's own."""
    wanted = {name: value for name, value in values.items() if name in Node.model_fields}
    keywords = wanted.get("keywords")
    if isinstance(keywords, str):
        words = keywords.translate(_KEYWORD_MARKS).split(",")
        wanted["keywords"] = [word.strip() for word in words if word.strip()]
    for name in ("id", "parent"):
        if isinstance(wanted.get(name), int):
            wanted[name] = str(wanted[name])
    return wanted


def _read(model: type[Model], where: str, values: Mapping[str, Any], what: str) -> Model:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        field = "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in first["loc"])
        field = field.lstrip(".")[:80]
        raise OptionsInvalid(f"`{what}`, {where}: `{field}`: {first['msg']}.") from None
