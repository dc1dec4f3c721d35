"""Options and results that `format_check` and `format_fix` share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from documents.document import Document
from tasks.official_layout.finding import Severity
from tasks.official_layout.kinds import Kind
from tasks.official_layout.rules import RULES
from tasks.seals import is_read


class Position(BaseModel):
    """A position in the document. Blank paragraphs of the body are counted too."""

    model_config = ConfigDict(frozen=True)

    paragraph: int | None = Field(
        description="The paragraph's index, from 0; null for a section or the whole document."
    )
    start: int | None = Field(description="Offset of the first character in the paragraph, from 0.")
    end: int | None = Field(description="Offset after the last character.")
    section: int | None = Field(
        description="The section, from 1; null for a finding about a paragraph."
    )
    page: int | None = Field(
        None, description="Always null: a Word file does not store page breaks."
    )
    words: str = Field(description="The text at this position, at most 60 characters.")


class Finding(BaseModel):
    """One breach of a rule."""

    model_config = ConfigDict(frozen=True)

    rule: str = Field(description="The rule's id, such as `page.top`.")
    clause: str = Field(
        description="The clause of GB/T 9704-2012, or of another text: 条例, 15834 and 15835 are "
        "listed in the documentation."
    )
    severity: Severity = Field(
        description="`error` if the standard requires it; `warning` for usual practice, or if a "
        "person must judge."
    )
    place: Position = Field(description="Where it is.")
    expected: str = Field(description="What the rule requires.")
    found: str = Field(description="What the document has instead.")
    fixable: bool = Field(description="Whether `format_fix` can correct it.")


class LayoutSummary(BaseModel):
    """A paragraph that was recognised as a part of an official document."""

    model_config = ConfigDict(frozen=True)

    part: str = Field(description="The part, such as `title`, `recipient` or `date`.")
    paragraph: int = Field(description="The paragraph's index, from 0.")
    words: str = Field(description="The first 60 characters of its text.")


def _known(rules: Sequence[str]) -> Sequence[str]:
    unknown = sorted(set(rules) - set(RULES))
    if unknown:
        raise ValueError(
            f"there is no rule {', '.join(unknown)}; the rules are: {', '.join(RULES)}"
        )
    return rules


Rules = Annotated[Sequence[Annotated[str, Field(max_length=100)]], AfterValidator(_known)]


class LayoutOptions(BaseModel):
    """Options of both layout tasks."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind | Literal["auto"] = Field(
        "auto", description="The kind of document, such as 通知; `auto` reads it from the title."
    )
    leave_out: Rules = Field((), max_length=len(RULES), description="Ids of rules to ignore.")

    def arguments(self, document: Document) -> dict[str, Any]:
        """Returns the arguments for the functions of `tasks.official_layout.work`."""
        kind = None if self.kind == "auto" else self.kind.value
        seals = [seal.text for seal in document.seals if is_read(seal)]
        return {"kind": kind, "leave_out": list(self.leave_out), "seals": seals}


def unchecked_seals(document: Document) -> list[str]:
    """What no rule checks of the document's seals; empty if it has none."""
    if not document.seals:
        return []
    unread = sum(not is_read(seal) for seal in document.seals)
    position = "the place of the seal over the issuing authority and the date, which a Word file "
    named = [position + "does not store"]
    if unread:
        named.append(
            f"the issuing authority in seals that were not read with confidence: {unread:,}"
        )
    return named
