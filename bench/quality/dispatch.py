"""`dispatch`: the method that learns from examples, on generated messages.

The figures show how the method behaves, not how well it will do for a department; for that, each
result has the accuracy on the department's own examples (`learnt`). Two test sets are held out:
each third of all phrases in turn, and all phrases in other words, which share little with the
training set but street names.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bench.quality.citizens import PLACES, Message, Place, messages, tree
from bench.quality.laws import of_text
from bench.quality.measure import Measure
from tasks.dispatch import DispatchResult, dispatch
from tasks.dispatch.calibration import calibration_error
from tasks.dispatch.options import DispatchOptions
from tasks.engine import Completion, Engine

TRAINING_OF_EACH, TEST_OF_EACH = 40, 30
TURNS = 3
CONFIDENT = 0.8
IDS = frozenset(place.id for place in PLACES)


@dataclass(frozen=True, slots=True)
class Split:
    """Messages to learn from, and messages to test on."""

    training: Sequence[Message]
    test: Sequence[Message]


class NoModel:
    """An engine that fails when it is used."""

    model = "none"
    context_tokens = 4_096
    reasoning_tokens = 0

    async def complete(self, *_: object, **__: object) -> Completion:
        raise AssertionError("the method of examples asked a model")

    async def count_tokens(self, text: str) -> int:
        return len(text)

    def progress(self, done: int, total: int) -> None:
        """Ignored."""


def other_phrases() -> list[Split]:
    """Each third of the phrases in turn as the test set, the rest as the training set."""
    turns = []
    for turn in range(TURNS):
        places = [_split(place, turn) for place in PLACES]
        turns.append(
            Split(
                messages(TRAINING_OF_EACH, seed=1, places=places),
                messages(TEST_OF_EACH, seed=2, places=places, other_words=True),
            )
        )
    return turns


def other_words() -> list[Split]:
    return [
        Split(messages(TRAINING_OF_EACH, seed=1), messages(TEST_OF_EACH, seed=2, other_words=True)),
    ]


def _split(place: Place, turn: int) -> Place:
    phrases = list(enumerate((*place.phrases, *place.other_words)))
    return replace(
        place,
        phrases=[phrase for at, phrase in phrases if at % TURNS != turn],
        other_words=[phrase for at, phrase in phrases if at % TURNS == turn],
    )


def answers(split: Split, engine: Engine | None = None) -> list[DispatchResult]:
    options = DispatchOptions.model_validate(
        {
            "tree": tree(),
            "examples": [{"text": one.text, "label": one.label} for one in split.training],
            "method": "examples",
            "alternatives": 2,
        }
    )

    async def dispatch_all() -> list[DispatchResult]:
        used = engine or NoModel()
        return [await dispatch(of_text(one.text), options, used) for one in split.test]

    return asyncio.run(dispatch_all())


def by_keywords(split: Split) -> list[str]:
    """A lower bound: the place with most keywords in the message, else the most common one."""
    common = Counter(one.label for one in split.training).most_common(1)[0][0]
    found = []
    for one in split.test:
        hits = {
            place.id: sum(word in one.text for word in (place.name, *place.keywords))
            for place in PLACES
        }
        best = max(hits, key=lambda name: hits[name])
        found.append(best if hits[best] else common)
    return found


def measures() -> Iterable[Measure]:
    for name, turns in (("other phrases", other_phrases()), ("other words", other_words())):
        pairs = [
            (result, message.label)
            for split in turns
            for message, result in zip(split.test, answers(split), strict=True)
        ]
        sample = len(pairs)
        labels = [label for _, label in pairs]
        yield _share(
            f"answer is a leaf of the tree, {name}", [_in_tree(one) for one, _ in pairs], 1.0
        )
        right = [one.place is not None and one.place.id == label for one, label in pairs]
        keywords = [found for split in turns for found in by_keywords(split)]
        floor = [found == label for found, label in zip(keywords, labels, strict=True)]
        yield _share(f"right place, {name}", right, sum(floor) / sample)
        yield _share(
            f"right place among the first three, {name}", [_among(one, at) for one, at in pairs]
        )
        sure = [(one.confidence, was) for (one, _), was in zip(pairs, right, strict=True)]
        error = calibration_error(sure)
        yield Measure("dispatch", f"calibration error, {name}", sample, error, lower_is_better=True)
        yield _share(
            f"confidence of {CONFIDENT} or more, {name}", [one >= CONFIDENT for one, _ in sure]
        )
        yield _share(
            f"right place among those, {name}", [was for one, was in sure if one >= CONFIDENT]
        )
        yield _share(f"lower bound: place with most keywords, {name}", floor)
        common = Counter(labels).most_common(1)[0][1]
        yield Measure(
            "dispatch", f"lower bound: most common place, {name}", sample, common / sample
        )


def _in_tree(result: DispatchResult) -> bool:
    given = [result.place, *result.alternatives]
    return all(one is not None and one.id in IDS for one in given)


def _among(result: DispatchResult, label: str) -> bool:
    given = [result.place, *result.alternatives]
    return any(one is not None and one.id == label for one in given[:3])


def _share(name: str, found: Sequence[bool], target: float | None = None) -> Measure:
    return Measure("dispatch", name, len(found), sum(found) / max(1, len(found)), target)
