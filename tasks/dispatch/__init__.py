"""Assigns a citizen's message to a leaf of a department's tree of units or categories."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from documents.document import Document
from documents.errors import EmptyDocument
from tasks.dispatch.by_model import LeafChooser
from tasks.dispatch.centroids import grams
from tasks.dispatch.options import DispatchOptions, Method
from tasks.dispatch.training import ENOUGH, TrainedTree, TrainingCache
from tasks.dispatch.tree import Tree
from tasks.doubts import Doubt
from tasks.engine import Engine
from tasks.errors import OptionsInvalid
from tasks.task import Task

_TRAINED = TrainingCache()
_DIGITS = 4


class DecidedBy(StrEnum):
    examples = "examples"
    model = "model"


class Unplaced(StrEnum):
    low_confidence = "low-confidence"
    nothing_fits = "nothing-fits"
    nothing_known = "nothing-known"


class RankedLeaf(BaseModel):
    """A leaf of the tree with its probability."""

    id: str = Field(description="The id of the leaf.")
    names: list[str] = Field(description="The names from the top of the tree to the leaf.")
    confidence: float = Field(ge=0, le=1, description="The probability that it is correct.")


class TrainingStatistics(BaseModel):
    """The training examples, and the quality measured by cross-validation.

    Similar examples are held out together.
    """

    examples: int = Field(description="Number of examples.")
    places: int = Field(description=f"Number of leaves with at least {ENOUGH} examples.")
    of_places: int = Field(description="Number of leaves.")
    held_out: int = Field(description="Number of held-out examples; 0 if there are too few.")
    accuracy: float | None = Field(description="Share of held-out examples with the correct leaf.")
    accuracy_top_3: float | None = Field(
        description="Share with the correct leaf among the first three."
    )
    calibration_error: float | None = Field(
        description="Average difference between confidence and share of correct answers."
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

    place: RankedLeaf | None = Field(
        description="The leaf to which the message belongs; null if a person should decide."
    )
    unplaced: Unplaced | None = Field(
        description="Why no leaf is returned. `low-confidence`: below `unplaced_below`. "
        "`nothing-fits`: according to the model. `nothing-known`: the message shares no word with "
        "the examples or the tree."
    )
    by: DecidedBy = Field(description="Whether the examples or the model decided.")
    confidence: float = Field(
        ge=0,
        le=1,
        description="The confidence of `place`, or if it is null, of the first alternative.",
    )
    alternatives: list[RankedLeaf] = Field(description="Other leaves, most likely first.")
    learnt: TrainingStatistics | None = Field(
        description="Statistics of the examples; null without examples."
    )


@dataclass(frozen=True, slots=True)
class _Answer:
    """`leaves` are numbers of leaves with their probabilities, most likely first."""

    by: DecidedBy
    leaves: Sequence[tuple[int, float]]
    unplaced: Unplaced | None = None


async def dispatch(document: Document, options: DispatchOptions, engine: Engine) -> DispatchResult:
    """Raises `EmptyDocument`, `OptionsInvalid`; with the model also `OptionsTooLong`, `OutputError`
    and what the engine raises.
    """
    if not document.text.strip():
        raise EmptyDocument("The document has no text. Send one with text.")
    engine.progress(0, 1)
    trained = await _TRAINED.trained(options.tree, options.examples)
    if options.method is Method.examples and trained.classifier is None:
        raise OptionsInvalid(
            f"Too few examples: at least two leaves need {ENOUGH} each, and "
            f"{trained.leaves_with_enough} of {len(trained.tree.leaves)} have them. Send more, or "
            "use `method` `auto`."
        )
    known = None
    if options.method is not Method.model:
        known = _by_examples(document.text, trained)
    answer = known if known is not None and _decides(known, options, trained) else None
    if answer is None:
        answer = await _by_model(document, options, trained, known, engine)
    engine.progress(1, 1)
    return _result(answer, options, trained)


def _by_examples(text: str, trained: TrainedTree) -> _Answer | None:
    """None without a classifier."""
    if trained.classifier is None:
        return None
    message = grams(text)
    likely = trained.classifier.probabilities(message)
    leaves = sorted(enumerate(likely), key=lambda pair: -pair[1])
    known = trained.classifier.centroids.knows(message)
    return _Answer(DecidedBy.examples, leaves, None if known else Unplaced.nothing_known)


def _decides(answer: _Answer, options: DispatchOptions, trained: TrainedTree) -> bool:
    """Whether the examples decide: with `auto`, if their confidence is high enough and the leaf has
    enough examples.
    """
    if options.method is Method.examples:
        return True
    leaf, confidence = answer.leaves[0]
    enough = answer.unplaced is None and trained.of_each[leaf] >= ENOUGH
    return enough and confidence >= options.sure_from


async def _by_model(
    document: Document,
    options: DispatchOptions,
    trained: TrainedTree,
    known: _Answer | None,
    engine: Engine,
) -> _Answer:
    """Ask the model about all leaves in one question if they fit.

    Otherwise ask about those that the examples rank highest, or if some leaves have too few
    examples, go down the tree level by level.
    """
    chooser = LeafChooser(
        document, engine, may_fit_none=options.allow_unplaced, instructions=options.instructions
    )
    leaves = trained.tree.leaves
    if len(leaves) <= chooser.at_once:
        chosen = await chooser.among(leaves)
    elif known is not None and known.unplaced is None and trained.leaves_with_enough == len(leaves):
        chosen = await chooser.among([leaves[leaf] for leaf, _ in known.leaves[: chooser.at_once]])
    else:
        chosen = await chooser.down(trained.tree)
    return _Answer(
        DecidedBy.model, chosen.leaves, Unplaced.nothing_fits if chosen.nothing_fits else None
    )


def _result(answer: _Answer, options: DispatchOptions, trained: TrainedTree) -> DispatchResult:
    leaves = [_ranked(trained.tree, number, confidence) for number, confidence in answer.leaves]
    confidence = leaves[0].confidence if leaves else 0.0
    unplaced = answer.unplaced
    if unplaced is None and confidence < options.unplaced_below:
        unplaced = Unplaced.low_confidence
    if not options.allow_unplaced:
        unplaced = None
    others = leaves if unplaced else leaves[1:]
    return DispatchResult(
        place=None if unplaced else leaves[0],
        unplaced=unplaced,
        by=answer.by,
        confidence=confidence,
        alternatives=others[: options.alternatives],
        learnt=_statistics(trained),
    )


def _ranked(tree: Tree, number: int, confidence: float) -> RankedLeaf:
    leaf = tree.leaves[number]
    return RankedLeaf(
        id=leaf.node.id, names=list(leaf.names), confidence=round(min(1.0, confidence), _DIGITS)
    )


def _statistics(trained: TrainedTree) -> TrainingStatistics | None:
    if not trained.examples:
        return None
    measured = trained.classifier.measured if trained.classifier else None
    return TrainingStatistics(
        examples=trained.examples,
        places=trained.leaves_with_enough,
        of_places=len(trained.tree.leaves),
        held_out=measured.sample if measured else 0,
        accuracy=round(measured.accuracy, _DIGITS) if measured else None,
        accuracy_top_3=round(measured.accuracy_top_3, _DIGITS) if measured else None,
        calibration_error=round(measured.calibration_error, _DIGITS) if measured else None,
    )


def doubts(_: Document, options: DispatchOptions, result: DispatchResult) -> Sequence[Doubt]:
    """Only the model's answers can be doubtful: those of the examples do not depend on it."""
    unsure = result.by is DecidedBy.model and result.confidence < options.doubt_below
    return [Doubt.low_confidence] if unsure else []


TASK = Task(
    name="dispatch",
    version="1",
    description="Assign a citizen's message to a leaf of the department's tree, with confidence "
    "and alternatives: by the department's labelled examples, by the model, or by the examples if "
    "their confidence is high and otherwise by the model.",
    options=DispatchOptions,
    result=DispatchResult,
    run=dispatch,
    doubts=doubts,
)
