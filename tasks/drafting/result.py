"""What every result that a model wrote says of itself, and how a program checked it."""

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
    """Something in the text that nothing in the source supports."""

    kind: str = Field(
        description="`number`, `date`, `time`, `issue_number` or `organisation`; `name`: somebody "
        "who does not stand in the source; `quote`: the words said to show it do not stand "
        "there."
    )
    start: int = Field(description="Offset of the first character in `text`, from 0.")
    end: int = Field(description="Offset after the last character.")
    text: str = Field(description="What stands there.")
    values: list[str] = Field(
        description="What it was read as, the same in every language: `150000000`, `2026-05-03`, "
        "`--05` (a month without a year)."
    )


class DraftResult(BaseModel):
    """A text that a model wrote. It is a draft, and says so."""

    draft: Literal[True] = Field(
        True, description="Always true: a model wrote this, and a person has to check it."
    )
    label: str = Field(
        LABEL, description="The words that say so. `text` begins with them: leave them in."
    )
    text: str = Field(description="The whole draft as plain text, `label` first.")
    checked: bool = Field(
        description="Whether the program's checks found nothing. False: do not use it before a "
        "person has looked at what they found. True does not say that the draft is right."
    )
    unsupported: list[Unsupported] = Field(
        description="What of `text` is not in the source, though the model was asked to mend it."
    )


class DraftText:
    """Puts a draft together, and knows where in it each piece stands."""

    def __init__(self) -> None:
        self.text = LABEL
        self.unsupported: list[Unsupported] = []

    def add(self, words: str, facts: Iterable[Fact] = (), *, gap: str = "\n\n") -> int:
        """Append `words`, of which `facts` are not supported; the offset where they begin."""
        self.text += gap
        start = len(self.text)
        self.text += words
        for fact in facts:
            values = sorted(fact.values)
            self.note(fact.kind.value, start + fact.start, start + fact.end, values)
        return start

    def note(self, kind: str, start: int, end: int, values: Iterable[str] = ()) -> None:
        """List what stands from `start` to `end` of the text."""
        self.unsupported.append(
            Unsupported(
                kind=kind, start=start, end=end, text=self.text[start:end], values=list(values)
            )
        )


def example_of(text: str, **fields: Any) -> dict[str, Any]:
    """An example of a result for a schema, with nothing that is unsupported."""
    return {
        "draft": True,
        "label": LABEL,
        "text": f"{LABEL}\n\n{text}",
        "checked": True,
        "unsupported": [],
        **fields,
    }
