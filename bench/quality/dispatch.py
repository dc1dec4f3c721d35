"""`dispatch`: the baseline that learns from examples, on messages made of phrases.

The messages are made up, so the figures tell how the method behaves and not what a department will
see: each result tells that, of the department's own examples (`learnt`). Two ways of holding out:
a third of all phrases in turn, some of which have words of their place and some none; and all
phrases in other words, which share little more with what was learnt than the street's name.
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

LEARNT_OF_EACH, ASKED_OF_EACH = 40, 30
TURNS = 3
SURE = 0.8
IDS = frozenset(place.id for place in PLACES)


@dataclass(frozen=True, slots=True)
class Held:
    """Messages to learn from, and others to ask about."""

    learnt: Sequence[Message]
    asked: Sequence[Message]


class NoModel:
    """An engine that must not be asked."""

    model = "none"
    context_tokens = 4_096

    async def complete(self, *_: object, **__: object) -> Completion:
        raise AssertionError("the baseline asked a model")

    async def count_tokens(self, text: str) -> int:
        return len(text)

    def progress(self, done: int, total: int) -> None:
        """Nobody looks."""


def other_phrases() -> list[Held]:
    """Each third of the phrases in turn is asked about, and the rest learnt."""
    turns = []
    for turn in range(TURNS):
        split = [_split(place, turn) for place in PLACES]
        turns.append(
            Held(
                messages(LEARNT_OF_EACH, seed=1, places=split),
                messages(ASKED_OF_EACH, seed=2, places=split, unlike=True),
            )
        )
    return turns


def other_words() -> list[Held]:
    return [
        Held(messages(LEARNT_OF_EACH, seed=1), messages(ASKED_OF_EACH, seed=2, unlike=True)),
    ]


def _split(place: Place, turn: int) -> Place:
    phrases = list(enumerate((*place.phrases, *place.unlike)))
    return replace(
        place,
        phrases=[phrase for at, phrase in phrases if at % TURNS != turn],
        unlike=[phrase for at, phrase in phrases if at % TURNS == turn],
    )


def answers(held: Held, engine: Engine | None = None) -> list[DispatchResult]:
    options = DispatchOptions.model_validate(
        {
            "tree": tree(),
            "examples": [{"text": one.text, "label": one.label} for one in held.learnt],
            "method": "examples",
            "alternatives": 2,
        }
    )

    async def all_of_them() -> list[DispatchResult]:
        asked = engine or NoModel()
        return [await dispatch(of_text(one.text), options, asked) for one in held.asked]

    return asyncio.run(all_of_them())


def by_keywords(held: Held) -> list[str]:
    """A floor: the place of which most words are in the message, else the most common one."""
    common = Counter(one.label for one in held.learnt).most_common(1)[0][0]
    found = []
    for one in held.asked:
        hits = {
            place.id: sum(word in one.text for word in (place.name, *place.keywords.split()))
            for place in PLACES
        }
        best = max(hits, key=lambda name: hits[name])
        found.append(best if hits[best] else common)
    return found


def measures() -> Iterable[Measure]:
    for name, turns in (("other phrases", other_phrases()), ("other words", other_words())):
        pairs = [
            (result, message.label)
            for held in turns
            for message, result in zip(held.asked, answers(held), strict=True)
        ]
        sample = len(pairs)
        labels = [label for _, label in pairs]
        yield _share(
            f"answer is a leaf of the tree, {name}", [_in_tree(one) for one, _ in pairs], 1.0
        )
        right = [one.place is not None and one.place.id == label for one, label in pairs]
        keywords = [found for held in turns for found in by_keywords(held)]
        floor = [found == label for found, label in zip(keywords, labels, strict=True)]
        yield _share(f"right place, {name}", right, sum(floor) / sample)
        yield _share(
            f"right place among the first three, {name}", [_among(one, at) for one, at in pairs]
        )
        sure = [(one.confidence, was) for (one, _), was in zip(pairs, right, strict=True)]
        error = calibration_error(sure)
        yield Measure("dispatch", f"calibration error, {name}", sample, error, lower_is_better=True)
        yield _share(f"confidence from {SURE} on, {name}", [one >= SURE for one, _ in sure])
        yield _share(f"right of those, {name}", [was for one, was in sure if one >= SURE])
        yield _share(f"floor: place of most keywords, {name}", floor)
        common = Counter(labels).most_common(1)[0][1]
        yield Measure("dispatch", f"floor: most common place, {name}", sample, common / sample)


def _in_tree(result: DispatchResult) -> bool:
    given = [result.place, *result.alternatives]
    return all(one is not None and one.id in IDS for one in given)


def _among(result: DispatchResult, label: str) -> bool:
    given = [result.place, *result.alternatives]
    return any(one is not None and one.id == label for one in given[:3])


def _share(name: str, found: Sequence[bool], target: float | None = None) -> Measure:
    return Measure("dispatch", name, len(found), sum(found) / max(1, len(found)), target)
