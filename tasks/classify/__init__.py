"""Chooses one of the caller's labels for a document, with the model's confidence."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field, field_validator

from documents.document import Document
from tasks.doubts import Doubt
from tasks.engine import Engine
from tasks.model.choosing import choose, lettered
from tasks.model.options import DoubtBelow, Instructions
from tasks.model.output import fence
from tasks.task import Task

PROMPT = """<document>
{text}
</document>

Which label fits the document best?
{labels}
{instructions}
Answer with the letter of the label, as {{"label": "X"}}."""


class Label(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(
        min_length=1, max_length=100, description="The name, as it appears in the result."
    )
    description: str = Field(
        "", max_length=1_000, description="When the label applies. The model sees it with the name."
    )


class ClassifyOptions(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "labels": [
                    {"name": "complaint", "description": "Something is wrong and should be mended"},
                    {"name": "question", "description": "The writer wants to know something"},
                ]
            }
        },
    )

    labels: list[Label] = Field(
        min_length=2, max_length=20, description="The labels to choose from, with unique names."
    )
    instructions: Instructions = None
    doubt_below: DoubtBelow = 0.8

    @field_validator("labels")
    @classmethod
    def _unique(cls, labels: list[Label]) -> list[Label]:
        names = [label.name for label in labels]
        repeated = {name for name in names if names.count(name) > 1}
        if repeated:
            raise ValueError(f"each label needs its own name; repeated: {sorted(repeated)}")
        return labels


class Choice(BaseModel):
    label: str = Field(description="The label's name.")
    confidence: float = Field(ge=0, le=1, description="The model's probability for the label.")


class ClassifyResult(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "label": "complaint",
                "confidence": 0.91,
                "alternatives": [{"label": "question", "confidence": 0.09}],
            }
        }
    )

    label: str = Field(description="The name of the label that fits best.")
    confidence: float = Field(
        ge=0,
        le=1,
        description="The model's probability for the label among the caller's labels. Measure on "
        "your own documents from which value it is reliable.",
    )
    alternatives: list[Choice] = Field(
        description="The other labels, most likely first. With `confidence`, they sum to 1."
    )


async def classify(document: Document, options: ClassifyOptions, engine: Engine) -> ClassifyResult:
    """Raises `EmptyDocument`, `OptionsTooLong`, `OutputError` and what the engine raises."""
    probabilities = await choose(
        document, len(options.labels), lambda text: _prompt(options, text), engine
    )
    choices = [
        Choice(label=label.name, confidence=confidence)
        for label, confidence in zip(options.labels, probabilities, strict=True)
    ]
    best, *others = sorted(choices, key=lambda choice: -choice.confidence)
    return ClassifyResult(label=best.label, confidence=best.confidence, alternatives=others)


def _prompt(options: ClassifyOptions, text: str) -> str:
    labels = lettered(
        [
            label.name + (f" - {label.description}" if label.description else "")
            for label in options.labels
        ]
    )
    return PROMPT.format(labels=labels, instructions=options.instructions or "", text=fence(text))


def doubts(_: Document, options: ClassifyOptions, result: ClassifyResult) -> Sequence[Doubt]:
    return [Doubt.low_confidence] if result.confidence < options.doubt_below else []


TASK = Task(
    name="classify",
    version="1",
    description="Choose one of the caller's labels for a document, with the model's confidence "
    "and the alternatives.",
    options=ClassifyOptions,
    result=ClassifyResult,
    run=classify,
    doubts=doubts,
)
