"""Finds the reasons not to publish a text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pydantic import BaseModel, Field

from documents.document import Document
from tasks.disclosure_review.wordings import WORDINGS, ReasonKind
from tasks.redact.findings import findings
from tasks.redact.kinds import DetectionMethod, Kind
from tasks.redact.masker import Change
from tasks.secrecy import Marking

# Longer wording is cut in `words`: a rule may match a whole line.
_MOST_WORDS = 200


class Reason(BaseModel):
    """A reason not to publish the document."""

    kind: ReasonKind = Field(description="The kind of reason.")
    rule: str = Field(description="The rule that found it; for personal data, its kind.")
    start: int | None = Field(
        description="Offset of the first character in the document's text, from 0; null if it is "
        "outside the text."
    )
    end: int | None = Field(description="Offset after the last character.")
    page: int | None = Field(None, description="The page, from 1; null if the format has no pages.")
    box: tuple[float, float, float, float] | None = Field(
        None, description="The block that contains it, as in `redact`."
    )
    where: str | None = Field(
        None,
        description="The place in the file, such as `word/comments.xml, author of comment`; null "
        "if it is in the text.",
    )
    words: str = Field(
        description=f"The text found, at most {_MOST_WORDS} characters; personal data is masked."
    )
    found_by: DetectionMethod = Field(description="`rule`, `model` or `term`.")


def marked(document: Document, marking: Marking | None) -> Iterator[Reason]:
    """The secrecy marking. `marking` has no length if it is outside the text."""
    if marking is not None:
        span = (marking.start, marking.end) if marking.start < marking.end else None
        rule = f"marked-{marking.level.name.replace('_', '-')}"
        yield _reason(document, ReasonKind.secrecy_marking, rule, span, marking.words)


def worded(document: Document) -> Iterator[Reason]:
    """Wording that is not to be published."""
    for kind, rule, pattern in WORDINGS:
        for match in pattern.finditer(document.text):
            yield _reason(document, kind, rule, match.span(), match[0].strip())


def personal(document: Document, changes: Sequence[Change]) -> Iterator[Reason]:
    """Personal data and terms."""
    for one in findings(document, changes):
        is_term = one.kind is Kind.term
        yield Reason(
            kind=ReasonKind.term if is_term else ReasonKind.personal_data,
            rule=one.kind.value,
            start=one.start,
            end=one.end,
            page=one.page,
            box=one.box,
            words=_cut(document.text[one.start : one.end] if is_term else one.replacement),
            found_by=one.found_by,
        )


def _reason(
    document: Document, kind: ReasonKind, rule: str, span: tuple[int, int] | None, words: str
) -> Reason:
    start, end = span or (None, None)
    page, box = document.place_at(start) if start is not None else (None, None)
    return Reason(
        kind=kind,
        rule=rule,
        start=start,
        end=end,
        page=page,
        box=box,
        words=_cut(words),
        found_by=DetectionMethod.rule,
    )


def _cut(words: str) -> str:
    return words if len(words) <= _MOST_WORDS else f"{words[: _MOST_WORDS - 1]}…"
