"""The place in a department's own tree that a citizen's message belongs to."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from documents.document import Document
from documents.errors import EmptyDocument
from tasks.dispatch.by_model import ModelChoice
from tasks.dispatch.centroids import grams
from tasks.dispatch.learning import ENOUGH, Learning, Learnt
from tasks.dispatch.options import DispatchOptions, Method
from tasks.dispatch.tree import Tree
from tasks.doubts import Doubt
from tasks.engine import Engine
from tasks.errors import OptionsInvalid
from tasks.task import Task

_LEARNING = Learning()
_DIGITS = 4


class By(StrEnum):
    examples = "examples"
    model = "model"


class Unplaced(StrEnum):
    low_confidence = "low-confidence"
    nothing_fits = "nothing-fits"
    nothing_known = "nothing-known"


class Place(BaseModel):
    """A leaf of the tree."""

    id: str = Field(description="Its id.")
    names: list[str] = Field(description="The names from the top of the tree down to it.")
    confidence: float = Field(ge=0, le=1, description="The probability that it is the right one.")


class ExamplesLearnt(BaseModel):
    """What was learnt of, and how well: examples were held out, with all that say nearly the same,
    and answered by the rest.
    """

    examples: int = Field(description="How many examples there are.")
    places: int = Field(description=f"How many leaves have at least {ENOUGH}.")
    of_places: int = Field(description="How many leaves there are.")
    held_out: int = Field(description="How many were held out; 0 where there are too few.")
    accuracy: float | None = Field(description="The share of those that got the right place.")
    accuracy_top_3: float | None = Field(description="The share with it among the first three.")
    calibration_error: float | None = Field(
        description="How far confidence is from the share of right answers, on average."
    )


class DispatchResult(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "place": {"id": "lamps", "names": ["城市管理局", "路灯照明"], "confidence": 0.93},
                "unplaced": None,
                "by": "model",
                "confidence": 0.93,
                "alternatives": [{"id": "water", "names": ["供水"], "confidence": 0.04}],
                "learnt": None,
            }
        }
    )

    place: Place | None = Field(description="Where it belongs; null where a person should look.")
    unplaced: Unplaced | None = Field(
        description="Why it has no place. `low-confidence`: less than `unplaced_below`. "
        "`nothing-fits`: the model says so. `nothing-known`: no word of the message stands in the "
        "examples or in the tree."
    )
    by: By = Field(description="Whether the examples decided, or the model.")
    confidence: float = Field(
        ge=0, le=1, description="Of `place`; without one, of the first of `alternatives`."
    )
    alternatives: list[Place] = Field(description="Other leaves, most likely first.")
    learnt: ExamplesLearnt | None = Field(description="Of the examples; null where none are given.")


@dataclass(frozen=True, slots=True)
class _Answer:
    """`places` are numbers of leaves with their probabilities, most likely first."""

    by: By
    places: Sequence[tuple[int, float]]
    unplaced: Unplaced | None = None


async def dispatch(document: Document, options: DispatchOptions, engine: Engine) -> DispatchResult:
    """Raises `EmptyDocument`, `OptionsInvalid`; with the model also `OptionsTooLong`, `OutputError`
    and what the engine raises.
    """
    if not document.text.strip():
        raise EmptyDocument("The document holds no text. Send one that does.")
    engine.progress(0, 1)
    learnt = await _LEARNING.of(options.tree, options.examples)
    if options.method is Method.examples and learnt.classifier is None:
        raise OptionsInvalid(
            f"Too few examples: at least two leaves need {ENOUGH} each, and "
            f"{learnt.places} of {len(learnt.tree.leaves)} have them. Give more, or use `method` "
            "`auto`."
        )
    known = None
    if options.method is not Method.model:
        known = await asyncio.to_thread(_by_examples, document.text, learnt)
    answer = known if known is not None and _decides(known, options, learnt) else None
    if answer is None:
        answer = await _by_model(document, options, learnt, known, engine)
    engine.progress(1, 1)
    return _result(answer, options, learnt)


def _by_examples(text: str, learnt: Learnt) -> _Answer | None:
    """None where nothing could be learnt."""
    if learnt.classifier is None:
        return None
    message = grams(text)
    found = learnt.classifier.probabilities(message)
    places = sorted(enumerate(found), key=lambda pair: -pair[1])
    known = learnt.classifier.centroids.knows(message)
    return _Answer(By.examples, places, None if known else Unplaced.nothing_known)


def _decides(answer: _Answer, options: DispatchOptions, learnt: Learnt) -> bool:
    """Whether the examples' answer is taken: with `auto`, where they are sure of a place that they
    show often enough.
    """
    if options.method is Method.examples:
        return True
    place, confidence = answer.places[0]
    enough = answer.unplaced is None and learnt.of_each[place] >= ENOUGH
    return enough and confidence >= options.sure_from


async def _by_model(
    document: Document,
    options: DispatchOptions,
    learnt: Learnt,
    known: _Answer | None,
    engine: Engine,
) -> _Answer:
    """Where all leaves do not go into one question, the examples say which ones do; where some
    leaves have too few examples for that, the model goes down the tree.
    """
    choice = ModelChoice(
        document, engine, may_fit_none=options.allow_unplaced, instructions=options.instructions
    )
    leaves = learnt.tree.leaves
    if len(leaves) <= choice.at_once:
        chosen = await choice.among(leaves)
    elif known is not None and known.unplaced is None and learnt.places == len(leaves):
        chosen = await choice.among([leaves[place] for place, _ in known.places[: choice.at_once]])
    else:
        chosen = await choice.down(learnt.tree)
    return _Answer(By.model, chosen.places, Unplaced.nothing_fits if chosen.nothing_fits else None)


def _result(answer: _Answer, options: DispatchOptions, learnt: Learnt) -> DispatchResult:
    places = [_place(learnt.tree, number, confidence) for number, confidence in answer.places]
    confidence = places[0].confidence if places else 0.0
    unplaced = answer.unplaced
    if unplaced is None and confidence < options.unplaced_below:
        unplaced = Unplaced.low_confidence
    if not options.allow_unplaced:
        unplaced = None
    others = places if unplaced else places[1:]
    return DispatchResult(
        place=None if unplaced else places[0],
        unplaced=unplaced,
        by=answer.by,
        confidence=confidence,
        alternatives=others[: options.alternatives],
        learnt=_told(learnt),
    )


def _place(tree: Tree, number: int, confidence: float) -> Place:
    leaf = tree.leaves[number]
    return Place(
        id=leaf.node.id, names=list(leaf.names), confidence=round(min(1.0, confidence), _DIGITS)
    )


def _told(learnt: Learnt) -> ExamplesLearnt | None:
    if not learnt.examples:
        return None
    measured = learnt.classifier.measured if learnt.classifier else None
    return ExamplesLearnt(
        examples=learnt.examples,
        places=learnt.places,
        of_places=len(learnt.tree.leaves),
        held_out=measured.sample if measured else 0,
        accuracy=round(measured.accuracy, _DIGITS) if measured else None,
        accuracy_top_3=round(measured.accuracy_top_3, _DIGITS) if measured else None,
        calibration_error=round(measured.calibration_error, _DIGITS) if measured else None,
    )


def doubts(_: Document, options: DispatchOptions, result: DispatchResult) -> Sequence[Doubt]:
    """The examples' answers are the same with any model."""
    unsure = result.by is By.model and result.confidence < options.doubt_below
    return [Doubt.low_confidence] if unsure else []


TASK = Task(
    name="dispatch",
    version="1",
    description="Place a citizen's message in the department's own tree, with confidence and "
    "alternatives: by the department's labelled examples, by the model, or by the examples where "
    "they are sure and the model else.",
    options=DispatchOptions,
    result=DispatchResult,
    run=dispatch,
    doubts=doubts,
)
