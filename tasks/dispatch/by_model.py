"""Lets a model choose a leaf, level by level if the tree is too large for one question."""

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
class LeafChoice:
    """The leaves of the last question, by number, with their probabilities, most likely first.

    `nothing_fits`: that was likelier than any leaf.
    """

    leaves: Sequence[tuple[int, float]]
    nothing_fits: bool


@dataclass(frozen=True, slots=True)
class _Answer:
    """Branches with their probabilities, most likely first, and the one of `NOTHING_FITS`."""

    branches: Sequence[tuple[Branch, float]]
    nothing: float

    @property
    def nothing_fits(self) -> bool:
        return self.nothing > self.branches[0][1]


class LeafChooser:
    """Asks a model about one message; `may_fit_none` lets it answer that nothing fits."""

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

    async def among(self, leaves: Sequence[Branch]) -> LeafChoice:
        """Choose among `leaves`. Raises what `choose` raises."""
        return _chosen(await self._ask(leaves), 1.0)

    async def down(self, tree: Tree) -> LeafChoice:
        """Choose from the top of the tree down, level by level. Raises what `choose` raises.

        A leaf's probability is the product of the probabilities on its path.
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
        """The maximum number of leaves in one question."""
        return self._at_once

    def _candidates(self, branches: Sequence[Branch]) -> Sequence[Branch]:
        """All leaves below if they fit one question, otherwise the next branches."""
        leaves = [leaf for branch in branches for leaf in branch.leaves]
        if len(leaves) <= self._at_once:
            return leaves
        return self._candidates(branches[0].below) if len(branches) == 1 else branches

    async def _ask(self, branches: Sequence[Branch]) -> _Answer:
        """One question, or if the branches do not fit, several and then one among their winners."""
        if len(branches) <= self._at_once:
            return await self._question(branches)
        rounds = -(-len(branches) // self._at_once)
        groups = [branches[first::rounds] for first in range(rounds)]
        answers = await all_at_once(groups, self._question)
        winners = [answer.branches[0][0] for answer in answers if not answer.nothing_fits]
        if len(winners) > 1:
            return await self._ask(winners)
        return max(answers, key=lambda answer: (not answer.nothing_fits, answer.branches[0][1]))

    async def _question(self, branches: Sequence[Branch]) -> _Answer:
        if len(branches) == 1 and not self._may_fit_none:
            return _Answer([(branches[0], 1.0)], 0.0)
        lines = [_line(branch) for branch in branches]
        if self._may_fit_none:
            lines.append(NOTHING_FITS)
        likely = await choose(
            self._document, len(lines), self._prompt(lines), self._engine, progress=False
        )
        nothing = likely[-1] if self._may_fit_none else 0.0
        pairs = zip(branches, likely[: len(branches)], strict=True)
        return _Answer(sorted(pairs, key=lambda pair: -pair[1]), nothing)

    def _prompt(self, lines: Sequence[str]) -> Callable[[str], str]:
        choices = lettered(lines)
        return lambda text: PROMPT.format(
            text=fence(text), places=choices, instructions=self._instructions
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


def _chosen(answer: _Answer, likely: float) -> LeafChoice:
    leaves = [
        (branch.number, probability * likely)
        for branch, probability in answer.branches
        if branch.number is not None
    ]
    return LeafChoice(leaves, answer.nothing_fits)
