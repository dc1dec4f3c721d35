"""What departments are told of a document's layout."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from tasks.official_layout.finding import Severity
from tasks.official_layout.kinds import Kind
from tasks.official_layout.rules import RULES


class Place(BaseModel):
    """Where in the document. `paragraph` counts the body's paragraphs from 0, blank ones too."""

    model_config = ConfigDict(frozen=True)

    paragraph: int | None = Field(description="Null for what is of a section or of the whole.")
    start: int | None = Field(description="The first character meant, in the paragraph, from 0.")
    end: int | None = Field(description="The character after the last one meant.")
    section: int | None = Field(description="The section, from 1; null for a paragraph's finding.")
    page: int | None = Field(None, description="Null: a Word file does not say where pages break.")
    words: str = Field(description="The document's own words there, 60 characters at most.")


class Finding(BaseModel):
    """One breach of a rule."""

    model_config = ConfigDict(frozen=True)

    rule: str = Field(description="The rule's id, as `page.top`.")
    clause: str = Field(
        description="The clause of GB/T 9704-2012; 条例, 15834 and 15835 are the texts named in "
        "the documentation."
    )
    severity: Severity = Field(
        description="`error` breaks the standard's word, `warning` usage, or asks for judgement."
    )
    place: Place = Field(description="Where.")
    expected: str = Field(description="What the rule wants.")
    found: str = Field(description="What is there instead.")
    fixable: bool = Field(description="Whether `format_fix` mends it.")


class Recognised(BaseModel):
    """A paragraph that was taken for a part of an official document."""

    model_config = ConfigDict(frozen=True)

    part: str = Field(description="As `title`, `recipient`, `date`.")
    paragraph: int = Field(description="The body's paragraph, from 0.")
    words: str = Field(description="How it begins.")


def _known(rules: Sequence[str]) -> Sequence[str]:
    unknown = sorted(set(rules) - set(RULES))
    if unknown:
        raise ValueError(f"there is no rule {', '.join(unknown)}; there are: {', '.join(RULES)}")
    return rules


Rules = Annotated[Sequence[str], AfterValidator(_known)]


class LayoutOptions(BaseModel):
    """What both tasks about layout may be told."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind | Literal["auto"] = Field(
        "auto", description="The kind of document, as 通知; `auto` takes the title's word for it."
    )
    leave_out: Rules = Field(
        (), max_length=len(RULES), description="Ids of rules that do not count."
    )

    def arguments(self) -> dict[str, Any]:
        """For the functions of `tasks.official_layout.work`."""
        kind = None if self.kind == "auto" else self.kind.value
        return {"kind": kind, "leave_out": list(self.leave_out)}
