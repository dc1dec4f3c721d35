"""A department's tree: its units, or categories, and the leaves that a message can be placed in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from pydantic import BaseModel, ConfigDict, Field

MOST_NODES = 5_000
DEEPEST = 8


class Node(BaseModel):
    """A unit or category. Those below it are its `children`, or name it as their `parent`."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(min_length=1, max_length=100, description="What the result calls it.")
    name: str = Field(min_length=1, max_length=200, description="What people call it.")
    parent: str | None = Field(
        None, max_length=100, description="The id of the node above, where the list is flat."
    )
    description: str = Field("", max_length=1_000, description="What belongs there.")
    keywords: list[str] = Field(
        default_factory=list, max_length=100, description="Words that point there."
    )
    children: list[Node] = Field(
        default_factory=list,
        max_length=MOST_NODES,
        description="What is below it; a message is placed in what has nothing below it.",
    )


class TreeWrong(ValueError):
    """What is wrong with a tree; `str` says it and where. It quotes nothing of the tree."""


@dataclass(frozen=True, slots=True)
class Branch:
    """A node in its place. `names` are those from the top to the node; `number` is its place among
    the leaves, None where it has something below it.
    """

    node: Node
    names: tuple[str, ...]
    below: tuple[Branch, ...]
    number: int | None

    @property
    def leaves(self) -> Iterator[Branch]:
        if self.number is not None:
            yield self
        for one in self.below:
            yield from one.leaves

    @property
    def words(self) -> str:
        """All that the tree says of the node and those above it."""
        node = self.node
        return " ".join((*self.names, *node.keywords, node.description))


class Tree:
    """Raises `TreeWrong`: an id that is there twice, a `parent` that is not there or leads round,
    too many nodes or levels, fewer than two leaves. `where` names the nodes, in the order given.
    """

    def __init__(self, nodes: Sequence[Node], where: Sequence[str] = ()) -> None:
        tops = list(where) or [f"[{index}]" for index in range(len(nodes))]
        self._where: dict[str, str] = {}
        self._below: dict[str | None, list[Node]] = {}
        for node, place in zip(nodes, tops, strict=True):
            self._add(node, node.parent, place, level=1)
        self._check_parents()
        self._numbered = 0
        self.tops = self._branches(None, ())
        self.leaves: tuple[Branch, ...] = tuple(leaf for top in self.tops for leaf in top.leaves)
        if len(self.leaves) < 2:
            raise TreeWrong("The tree needs at least two leaves to choose from.")

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """The number of each leaf, by its id."""
        return {leaf.node.id: number for number, leaf in enumerate(self.leaves)}

    def __contains__(self, node_id: str) -> bool:
        return node_id in self._where

    def _add(self, node: Node, parent: str | None, where: str, level: int) -> None:
        if node.id in self._where:
            raise TreeWrong(f"{where}: its id is that of {self._where[node.id]}, too.")
        if level > 1 and node.parent is not None:
            raise TreeWrong(f"{where}: it has a `parent` and stands among `children`: give one.")
        if len(self._where) == MOST_NODES:
            raise TreeWrong(f"The tree has more than {MOST_NODES:,} nodes.")
        if level > DEEPEST:
            raise TreeWrong(f"{where}: it is more than {DEEPEST} levels down.")
        self._where[node.id] = where
        self._below.setdefault(parent, []).append(node)
        for index, child in enumerate(node.children):
            self._add(child, node.id, f"{where}.children[{index}]", level + 1)

    def _check_parents(self) -> None:
        above = {node.id: parent for parent, nodes in self._below.items() for node in nodes}
        for node_id, where in self._where.items():
            parent, levels = above[node_id], 1
            while parent is not None:
                if parent not in above:
                    raise TreeWrong(f"{where}: no node has the id that it gives as its `parent`.")
                parent, levels = above[parent], levels + 1
                if parent == node_id:
                    raise TreeWrong(f"{where}: its parents lead back to itself.")
                if levels > DEEPEST:
                    raise TreeWrong(f"{where}: it is more than {DEEPEST} levels down.")

    def _branches(self, parent: str | None, names: tuple[str, ...]) -> tuple[Branch, ...]:
        return tuple(
            self._branch(node, (*names, node.name)) for node in self._below.get(parent, ())
        )

    def _branch(self, node: Node, names: tuple[str, ...]) -> Branch:
        below = self._branches(node.id, names)
        number = None
        if not below:
            number = self._numbered
            self._numbered += 1
        return Branch(node, names, below, number)
