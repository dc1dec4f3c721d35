"""What was learnt of a tree and its examples, once for the many jobs that have the same ones."""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakValueDictionary

from pydantic import TypeAdapter

from documents.document import Document
from tasks.dispatch.calibration import Classifier, learn
from tasks.dispatch.examples import Example, Labelled, counts, examples_from, labelled, tree_from
from tasks.dispatch.rows import written
from tasks.dispatch.tree import Node, Tree
from tasks.references import DocumentRef

# With fewer examples a place is known by its own words alone, or hardly better.
ENOUGH = 5
# About 100 bytes each: a place's share of a gram, as `Centroids.size` counts them.
REMEMBERED_VALUES = 2_000_000

TreeGiven = list[Node] | DocumentRef
ExamplesGiven = list[Example] | DocumentRef | None
_NODES = TypeAdapter(list[Node])
_EXAMPLES = TypeAdapter(list[Example])


@dataclass(frozen=True, slots=True)
class Learnt:
    """`classifier` is None where fewer than two places have enough examples; `of_each` is how many
    each place has, by its number.
    """

    tree: Tree
    of_each: Sequence[int]
    classifier: Classifier | None

    @property
    def examples(self) -> int:
        return sum(self.of_each)

    @property
    def places(self) -> int:
        """How many places have enough examples."""
        return sum(one >= ENOUGH for one in self.of_each)

    @property
    def size(self) -> int:
        return len(self.tree.leaves) + (self.classifier.centroids.size if self.classifier else 0)


class Learning:
    """Keeps what was learnt last, up to `remembered` values.

    It is found again by the SHA-256 of tree and examples. Jobs that begin together with the same
    ones wait for one of them; learning takes seconds, in a thread.
    """

    def __init__(self, remembered: int = REMEMBERED_VALUES) -> None:
        self._remembered = remembered
        self._values = 0
        self._learnt: OrderedDict[str, Learnt] = OrderedDict()
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def of(self, tree: TreeGiven, examples: ExamplesGiven) -> Learnt:
        """Raises `OptionsInvalid`, `DocumentMissing` and what reading raises."""
        key = await asyncio.to_thread(_key, tree, examples)
        lock = self._locks.setdefault(key, asyncio.Lock())
        async with lock:
            learnt = self._learnt.get(key)
            if learnt is not None:
                self._learnt.move_to_end(key)
                return learnt
            nodes = await written(tree, "tree") if isinstance(tree, DocumentRef) else tree
            given: str | Document | list[Example]
            if isinstance(examples, DocumentRef):
                given = await written(examples, "examples")
            else:
                given = examples or []
            learnt = await asyncio.to_thread(_learn, nodes, given)
            self._remember(key, learnt)
            return learnt

    def _remember(self, key: str, learnt: Learnt) -> None:
        self._learnt[key] = learnt
        self._values += learnt.size
        while self._values > self._remembered and len(self._learnt) > 1:
            _, forgotten = self._learnt.popitem(last=False)
            self._values -= forgotten.size


def learnt_of(tree: Tree, examples: Sequence[Labelled]) -> Learnt:
    found = counts(examples)
    of_each = [found[number] for number in range(len(tree.leaves))]
    if sum(one >= ENOUGH for one in of_each) < 2:
        return Learnt(tree, of_each, None)
    texts = [(one.text, one.place) for one in examples]
    return Learnt(tree, of_each, learn(texts, [leaf.words for leaf in tree.leaves]))


def _learn(nodes: str | Document | list[Node], given: str | Document | list[Example]) -> Learnt:
    tree = Tree(nodes) if isinstance(nodes, list) else tree_from(nodes)
    if isinstance(given, list):
        return learnt_of(tree, labelled(((f"[{at}]", one) for at, one in enumerate(given)), tree))
    return learnt_of(tree, examples_from(given, tree))


def _key(tree: TreeGiven, examples: ExamplesGiven) -> str:
    digest = hashlib.sha256()
    for one in (
        _of_document(tree) if isinstance(tree, DocumentRef) else _NODES.dump_json(tree),
        _of_document(examples)
        if isinstance(examples, DocumentRef)
        else _EXAMPLES.dump_json(examples or []),
    ):
        digest.update(hashlib.sha256(one).digest())
    return digest.hexdigest()


def _of_document(reference: DocumentRef) -> bytes:
    document = reference.document
    return f"{document.media_type}\n{document.text}".encode("utf-8", "replace")
