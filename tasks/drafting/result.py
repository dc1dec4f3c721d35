"""The fields that all drafts have: the draft label, and the outcome of the checks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from pydantic import BaseModel, Field

from tasks.text.facts.fact import Fact

LABEL = (
    "【草稿】本文由模型起草，未经人工核对不得使用。\n"
    "[DRAFT] A model wrote this. A person has to check it before it is used."
)


class Unsupported(BaseModel):
    """Something in the text that the source does not support."""

    kind: str = Field(
        description="`number`, `date`, `time`, `issue_number` or `organisation`; `name`: a person "
        "who is not in the source; `quote`: the quote given for it is not in the source."
    )
    start: int = Field(description="Offset of the first character in `text`, from 0.")
    end: int = Field(description="Offset after the last character.")
    text: str = Field(description="The text there.")
    values: list[str] = Field(
        description="The value in a form that is the same for all languages: `150000000`, "
        "`2026-05-03`, `--05` (a month without a year)."
    )


class DraftResult(BaseModel):
    """A text that a model wrote, marked as a draft."""

    draft: Literal[True] = Field(
        True, description="Always true: a model wrote the text, and a person must check it."
    )
    label: str = Field(
        LABEL,
        description="The notice that this is a draft. `text` begins with it; do not remove it.",
    )
    text: str = Field(description="The whole draft as plain text, `label` first.")
    checked: bool = Field(
        description="Whether the automatic checks found no faults. If false, do not use the draft "
        "before a person has reviewed them. True does not mean that the draft is correct."
    )
    unsupported: list[Unsupported] = Field(
        description="Statements in `text` that are not in the source, also after the model was "
        "asked to correct them."
    )


class DraftText:
    """Builds the text of a draft and records the offsets of unsupported statements."""

    def __init__(self) -> None:
        self.text = LABEL
        self.unsupported: list[Unsupported] = []

    def add(self, words: str, facts: Iterable[Fact] = (), *, gap: str = "\n\n") -> int:
        """Append `words`, in which `facts` are unsupported. Returns the offset of `words`."""
        self.text += gap
        start = len(self.text)
        self.text += words
        for fact in facts:
            values = sorted(fact.values)
            self.note(fact.kind.value, start + fact.start, start + fact.end, values)
        return start

    def note(self, kind: str, start: int, end: int, values: Iterable[str] = ()) -> None:
        """Record the text from `start` to `end` as unsupported."""
        self.unsupported.append(
            Unsupported(
                kind=kind, start=start, end=end, text=self.text[start:end], values=list(values)
            )
        )


def example_of(text: str, **fields: Any) -> dict[str, Any]:
    """An example result for a JSON Schema, with nothing unsupported."""
    return {
        "draft": True,
        "label": LABEL,
        "text": f"{LABEL}\n\n{text}",
        "checked": True,
        "unsupported": [],
        **fields,
    }
