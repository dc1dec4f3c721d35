"""The fields that all drafts have: the draft label, and the outcome of the checks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, Field

from tasks.text.facts.fact import Fact

Entry = TypeVar("Entry")

MOST_LISTED = 1_000
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
    not_listed: int = Field(
        0,
        description=f"How many further entries the lists of this result would have: each list of "
        f"what was found has {MOST_LISTED:,} at most.",
    )


class Listing:
    """Cuts lists at `MOST_LISTED` entries, and counts what they leave out."""

    def __init__(self, not_listed: int = 0) -> None:
        self.not_listed = not_listed

    def cut(self, entries: Sequence[Entry]) -> list[Entry]:
        """The first `MOST_LISTED` entries."""
        self.not_listed += max(0, len(entries) - MOST_LISTED)
        return list(entries[:MOST_LISTED])


class DraftText:
    """Builds the text of a draft and records the offsets of unsupported statements."""

    def __init__(self) -> None:
        self._pieces = [LABEL]
        self.length = len(LABEL)
        self.unsupported: list[Unsupported] = []
        self.not_listed = 0

    @property
    def text(self) -> str:
        """The whole text."""
        return "".join(self._pieces)

    def add(self, words: str, facts: Iterable[Fact] = (), *, gap: str = "\n\n") -> int:
        """Append `words`, in which `facts` are unsupported. Returns the offset of `words`."""
        start = self.length + len(gap)
        self._pieces += gap, words
        self.length = start + len(words)
        for fact in facts:
            values = sorted(fact.values)
            self.note(fact.kind.value, start + fact.start, start + fact.end, values)
        return start

    def note(self, kind: str, start: int, end: int, values: Iterable[str] = ()) -> None:
        """Record the text from `start` to `end`, in what was added last, as unsupported."""
        if len(self.unsupported) == MOST_LISTED:
            self.not_listed += 1
            return
        words = self._last(self.length - start)[: end - start]
        self.unsupported.append(
            Unsupported(kind=kind, start=start, end=end, text=words, values=list(values))
        )

    def _last(self, length: int) -> str:
        """The last `length` characters."""
        pieces: list[str] = []
        while length > 0:
            pieces.append(self._pieces[-len(pieces) - 1][-length:])
            length -= len(pieces[-1])
        return "".join(reversed(pieces))


def example_of(text: str, **fields: Any) -> dict[str, Any]:
    """An example result for a JSON Schema, with nothing unsupported."""
    return {
        "draft": True,
        "label": LABEL,
        "text": f"{LABEL}\n\n{text}",
        "checked": True,
        "unsupported": [],
        "not_listed": 0,
        **fields,
    }
