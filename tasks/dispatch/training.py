"""Trains a classifier on a tree and its examples, once for all jobs that have the same ones."""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakValueDictionary

from pydantic import TypeAdapter

from documents.document import Document
from documents.isolation.compute import compute
from tasks.dispatch.calibration import Classifier, PackedClassifier, train
from tasks.dispatch.centroids import TooManyValues
from tasks.dispatch.examples import (
    Example,
    LabelledExample,
    counts,
    examples_from,
    labelled,
    tree_from,
)
from tasks.dispatch.rows import text_or_workbook
from tasks.dispatch.tree import Node, Tree
from tasks.errors import OptionsInvalid
from tasks.references import DocumentRef

# With fewer examples, a leaf is recognised hardly better than by its name and keywords.
ENOUGH = 5
# In all examples: of many, only the beginnings are used, so that training takes half a minute.
MOST_CHARACTERS = 2_000_000
LEAST_CHARACTERS = 100
# Values as `Centroids.size` counts them, of about 12 bytes each.
MOST_CACHED_VALUES = 2_000_000

TreeOption = list[Node] | DocumentRef
ExamplesOption = list[Example] | DocumentRef | None
_NODES = TypeAdapter(list[Node])
_EXAMPLES = TypeAdapter(list[Example])


@dataclass(frozen=True, slots=True)
class Training:
    """A `TrainedTree` as it comes back from another process."""

    nodes: list[Node]
    of_each: list[int]
    classifier: PackedClassifier | None


@dataclass(frozen=True, slots=True)
class TrainedTree:
    """`of_each` has the number of examples of each leaf. `classifier` is None if fewer than two
    leaves have enough.
    """

    tree: Tree
    of_each: Sequence[int]
    classifier: Classifier | None

    @classmethod
    def of(cls, training: Training) -> TrainedTree:
        classifier = Classifier.of(training.classifier) if training.classifier else None
        return cls(Tree(training.nodes), training.of_each, classifier)

    @property
    def examples(self) -> int:
        return sum(self.of_each)

    @property
    def leaves_with_enough(self) -> int:
        return sum(count >= ENOUGH for count in self.of_each)

    @property
    def size(self) -> int:
        return len(self.tree.leaves) + (self.classifier.centroids.size if self.classifier else 0)


class TrainingCache:
    """Caches the trees that were trained last, up to `most_values` values.

    The key is the SHA-256 of tree and examples. Training takes seconds, in a process; concurrent
    jobs with the same key wait for the first of them.
    """

    def __init__(self, most_values: int = MOST_CACHED_VALUES) -> None:
        self._most = most_values
        self._values = 0
        self._trained: OrderedDict[str, TrainedTree] = OrderedDict()
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def trained(self, tree: TreeOption, examples: ExamplesOption) -> TrainedTree:
        """Raises `OptionsInvalid`, `DocumentMissing` and what reading raises."""
        key = _key(tree, examples)
        lock = self._locks.setdefault(key, asyncio.Lock())
        async with lock:
            trained = self._trained.get(key)
            if trained is not None:
                self._trained.move_to_end(key)
                return trained
            nodes = await text_or_workbook(tree, "tree") if isinstance(tree, DocumentRef) else tree
            source: str | Document | list[Example]
            if isinstance(examples, DocumentRef):
                source = await text_or_workbook(examples, "examples")
            else:
                source = examples or []
            trained = TrainedTree.of(await compute(train_from, nodes, source))
            self._add(key, trained)
            return trained

    def _add(self, key: str, trained: TrainedTree) -> None:
        self._trained[key] = trained
        self._values += trained.size
        while self._values > self._most and len(self._trained) > 1:
            _, dropped = self._trained.popitem(last=False)
            self._values -= dropped.size


def training_of(tree: Tree, examples: Sequence[LabelledExample]) -> Training:
    """Raises `OptionsInvalid`."""
    numbers = counts(examples)
    of_each = [numbers[number] for number in range(len(tree.leaves))]
    if sum(count >= ENOUGH for count in of_each) < 2:
        return Training(tree.nodes, of_each, None)
    longest = max(LEAST_CHARACTERS, MOST_CHARACTERS // len(examples))
    texts = [(example.text[:longest], example.leaf) for example in examples]
    try:
        classifier = train(texts, [leaf.words for leaf in tree.leaves])
    except TooManyValues:
        raise OptionsInvalid(
            "`examples` has too many different words for a classifier: send fewer examples, or "
            "only the beginning of each message."
        ) from None
    return Training(tree.nodes, of_each, classifier)


def train_from(
    nodes: str | Document | list[Node], source: str | Document | list[Example]
) -> Training:
    """Read the tree and the examples, and train on them. Raises `OptionsInvalid`."""
    tree = Tree(nodes) if isinstance(nodes, list) else tree_from(nodes)
    if isinstance(source, list):
        numbered = ((f"[{index}]", example) for index, example in enumerate(source))
        return training_of(tree, labelled(numbered, tree))
    return training_of(tree, examples_from(source, tree))


def _key(tree: TreeOption, examples: ExamplesOption) -> str:
    digest = hashlib.sha256()
    for content in (
        _content(tree) if isinstance(tree, DocumentRef) else _NODES.dump_json(tree),
        _content(examples)
        if isinstance(examples, DocumentRef)
        else _EXAMPLES.dump_json(examples or []),
    ):
        digest.update(hashlib.sha256(content).digest())
    return digest.hexdigest()


def _content(reference: DocumentRef) -> bytes:
    document = reference.document
    return f"{document.media_type}\n{document.text}".encode("utf-8", "replace")
