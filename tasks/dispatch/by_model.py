"""A model's choice of a place, level by level where the tree is too long for one question."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from documents.document import Document
from tasks.dispatch.tree import Branch, Tree
from tasks.engine import Engine
from tasks.model.choosing import MOST_CHOICES, choose, lettered
from tasks.model.output import fence
from tasks.model.split import all_at_once

PROMPT = """<document>
{text}
</document>

The document is a message to a public office. Which of these should deal with it?
{places}
{instructions}
Answer with the letter, as {{"label": "X"}}."""
NOTHING_FITS = "None of these should deal with it."

_LONGEST_DESCRIPTION = 200
_MOST_KEYWORDS = 8
_MOST_NAMES_BELOW = 10


@dataclass(frozen=True, slots=True)
class Chosen:
    """Leaves by their numbers, each with its probability, most likely first. Only those of the last
    question are there. `nothing_fits`: that was likelier than any.
    """

    places: Sequence[tuple[int, float]]
    nothing_fits: bool


@dataclass(frozen=True, slots=True)
class _Answer:
    """Branches with their probabilities, most likely first, and that of `NOTHING_FITS`."""

    branches: Sequence[tuple[Branch, float]]
    nothing: float

    @property
    def nothing_fits(self) -> bool:
        return self.nothing > self.branches[0][1]


class ModelChoice:
    """Asks a model about one message. With `may_fit_none` it may say that nothing fits."""

    def __init__(
        self,
        document: Document,
        engine: Engine,
        *,
        may_fit_none: bool,
        instructions: str | None = None,
    ) -> None:
        self._document = document
        self._engine = engine
        self._may_fit_none = may_fit_none
        self._instructions = instructions or ""
        self._at_once = MOST_CHOICES - 1 if may_fit_none else MOST_CHOICES

    async def among(self, leaves: Sequence[Branch]) -> Chosen:
        """The choice among some of the leaves. Raises what `choose` raises."""
        return _chosen(await self._ask(leaves), 1.0)

    async def down(self, tree: Tree) -> Chosen:
        """The choice from the top of the tree. A leaf's probability is the product of those on the
        way to it. Raises what `choose` raises.
        """
        branches, likely = self._candidates(tree.tops), 1.0
        while True:
            answer = await self._ask(branches)
            best, probability = answer.branches[0]
            if answer.nothing_fits or best.number is not None:
                return _chosen(answer, likely)
            branches, likely = self._candidates(best.below), likely * probability

    @property
    def at_once(self) -> int:
        """How many places one question can have."""
        return self._at_once

    def _candidates(self, branches: Sequence[Branch]) -> Sequence[Branch]:
        """All leaves below, where one question can have them; else the next branches."""
        leaves = [leaf for branch in branches for leaf in branch.leaves]
        if len(leaves) <= self._at_once:
            return leaves
        return self._candidates(branches[0].below) if len(branches) == 1 else branches

    async def _ask(self, branches: Sequence[Branch]) -> _Answer:
        """One question; where there are too many for one, the winners of several meet again."""
        if len(branches) <= self._at_once:
            return await self._question(branches)
        rounds = -(-len(branches) // self._at_once)
        groups = [branches[first::rounds] for first in range(rounds)]
        answers = await all_at_once(groups, self._question)
        winners = [one.branches[0][0] for one in answers if not one.nothing_fits]
        if len(winners) > 1:
            return await self._ask(winners)
        return max(answers, key=lambda one: (not one.nothing_fits, one.branches[0][1]))

    async def _question(self, branches: Sequence[Branch]) -> _Answer:
        if len(branches) == 1 and not self._may_fit_none:
            return _Answer([(branches[0], 1.0)], 0.0)
        lines = [_line(branch) for branch in branches]
        if self._may_fit_none:
            lines.append(NOTHING_FITS)
        found = await choose(
            self._document, len(lines), self._prompt(lines), self._engine, progress=False
        )
        nothing = found[-1] if self._may_fit_none else 0.0
        pairs = zip(branches, found[: len(branches)], strict=True)
        return _Answer(sorted(pairs, key=lambda pair: -pair[1]), nothing)

    def _prompt(self, lines: Sequence[str]) -> Callable[[str], str]:
        places = lettered(lines)
        return lambda text: PROMPT.format(
            text=fence(text), places=places, instructions=self._instructions
        )


def _line(branch: Branch) -> str:
    node = branch.node
    parts = [" > ".join(branch.names)]
    if node.description:
        parts.append(node.description[:_LONGEST_DESCRIPTION])
    words = node.keywords[:_MOST_KEYWORDS]
    if branch.below:
        below = [leaf.node.name for leaf in branch.leaves]
        words = [*words, *below[:_MOST_NAMES_BELOW]]
    if words:
        parts.append(f"({', '.join(words)})")
    return " ".join(" ".join(parts).split())


def _chosen(answer: _Answer, likely: float) -> Chosen:
    places = [
        (branch.number, probability * likely)
        for branch, probability in answer.branches
        if branch.number is not None
    ]
    return Chosen(places, answer.nothing_fits)
