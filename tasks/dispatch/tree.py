"""A department's tree of units or categories. Messages are assigned to its leaves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

MOST_NODES = 5_000
DEEPEST = 8


class Node(BaseModel):
    """A unit or category. Nodes below it are its `children`, or have its id as `parent`."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(
        min_length=1, max_length=100, description="The id, as it appears in the result."
    )
    name: str = Field(min_length=1, max_length=200, description="The name.")
    parent: str | None = Field(
        None, max_length=100, description="The id of the node above, in a flat list."
    )
    description: str = Field("", max_length=1_000, description="Which messages belong there.")
    keywords: list[Annotated[str, Field(max_length=200)]] = Field(
        default_factory=list, max_length=100, description="Words that indicate the node."
    )
    children: list[Node] = Field(
        default_factory=list,
        max_length=MOST_NODES,
        description="The nodes below it. Messages are assigned to nodes without children.",
    )


class InvalidTree(ValueError):
    """A tree cannot be used; the message says where and why, and quotes nothing of the tree."""


@dataclass(frozen=True, slots=True)
class Branch:
    """A node in the tree. `names` lead from the top to the node. `number` is the number of a leaf,
    from 0; None for other nodes.
    """

    node: Node
    names: tuple[str, ...]
    below: tuple[Branch, ...]
    number: int | None

    @property
    def leaves(self) -> Iterator[Branch]:
        if self.number is not None:
            yield self
        for branch in self.below:
            yield from branch.leaves

    @property
    def words(self) -> str:
        """The words of the node, and the names of those above it."""
        node = self.node
        return " ".join((*self.names, *node.keywords, node.description))


class Tree:
    """The tree of `nodes`; `where` has their positions for error messages. Default: indexes.

    Raises `InvalidTree` for a repeated id, a `parent` that is unknown or circular, too many nodes
    or levels, or fewer than two leaves.
    """

    def __init__(self, nodes: Sequence[Node], where: Sequence[str] = ()) -> None:
        tops = list(where) or [f"[{index}]" for index in range(len(nodes))]
        self.nodes = list(nodes)
        self._where: dict[str, str] = {}
        self._below: dict[str | None, list[Node]] = {}
        for node, position in zip(nodes, tops, strict=True):
            self._add(node, node.parent, position, level=1)
        self._check_parents()
        self._numbered = 0
        self.tops = self._branches(None, ())
        self.leaves: tuple[Branch, ...] = tuple(leaf for top in self.tops for leaf in top.leaves)
        if len(self.leaves) < 2:
            raise InvalidTree("The tree needs at least two leaves to choose from.")

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """The number of each leaf, by its id."""
        return {leaf.node.id: number for number, leaf in enumerate(self.leaves)}

    def __contains__(self, node_id: str) -> bool:
        return node_id in self._where

    def _add(self, node: Node, parent: str | None, where: str, level: int) -> None:
        if node.id in self._where:
            raise InvalidTree(f"{where}: its id is also that of {self._where[node.id]}.")
        if level > 1 and node.parent is not None:
            raise InvalidTree(
                f"{where}: it has a `parent` and is in `children`: use only one of them."
            )
        if len(self._where) == MOST_NODES:
            raise InvalidTree(f"The tree has more than {MOST_NODES:,} nodes.")
        if level > DEEPEST:
            raise InvalidTree(f"{where}: it is below level {DEEPEST}: make the tree flatter.")
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
                    raise InvalidTree(f"{where}: its `parent` is not the id of any node.")
                parent, levels = above[parent], levels + 1
                if parent == node_id:
                    raise InvalidTree(f"{where}: its parents lead back to itself.")
                if levels > DEEPEST:
                    raise InvalidTree(
                        f"{where}: it is below level {DEEPEST}: make the tree flatter."
                    )

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
