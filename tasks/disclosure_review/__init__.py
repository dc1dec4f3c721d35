"""Finds reasons not to publish a document, by rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from pydantic import BaseModel, ConfigDict, Field, model_validator

from documents.document import Document
from documents.inventory.hidden_content import WITH_HIDDEN_CONTENT
from documents.readers.sheets import XLS
from tasks.disclosure_review.wordings import WORDINGS, ReasonKind
from tasks.engine import Engine
from tasks.redact import changes_of, findings
from tasks.redact.by_model import ask_model
from tasks.redact.finder import RULES, Targets
from tasks.redact.kinds import DetectionMethod, Kind
from tasks.redact.masker import Change, Masker, Style
from tasks.secrecy import Marking, marking_in
from tasks.secrecy.files import SCREENED_BY_BYTES, SCREENED_IN_PROCESS, level_of
from tasks.task import Task

# Credit codes of organisations are public.
_PERSONAL: Sequence[Kind] = tuple(kind for kind in RULES if kind is not Kind.credit_code)
_MOST_LISTED = 500


class DisclosureOptions(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"terms": ["阳光工程"], "use_model": False}},
    )

    kinds: list[Kind] = Field(
        default_factory=lambda: [*_PERSONAL],
        description="The kinds of personal data to find. Default: all but `credit_code`.",
    )
    terms: list[str] = Field(
        default_factory=list, max_length=1_000, description="Words that must not be published."
    )
    use_model: bool = Field(
        False, description="Whether to ask the model for names and addresses, too."
    )

    @model_validator(mode="after")
    def _check_terms(self) -> DisclosureOptions:
        if any(not 2 <= len(term.strip()) <= 200 for term in self.terms):
            raise ValueError("each term needs 2 to 200 characters")
        return self


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
    words: str = Field(description="The text found; personal data is masked.")
    found_by: DetectionMethod = Field(description="`rule`, `model` or `term`.")


class DisclosureResult(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "publishable": False,
                "reasons": [
                    {
                        "kind": "personal_data",
                        "rule": "mobile",
                        "start": 5,
                        "end": 16,
                        "page": None,
                        "box": None,
                        "words": "138****5678",
                        "found_by": "rule",
                    }
                ],
                "counts": {"personal_data": 1},
                "model_asked": False,
                "not_covered": [],
            }
        }
    )

    publishable: bool = Field(
        description="True if no reason was found. A person must make the decision."
    )
    reasons: list[Reason] = Field(description="The reasons, in the order of the text.")
    counts: dict[ReasonKind, int] = Field(description="How many reasons of each kind.")
    model_asked: bool = Field(description="Whether a model was asked for names and addresses.")
    not_covered: list[str] = Field(description="Parts of the file that were not checked.")


async def disclosure_review(
    document: Document, options: DisclosureOptions, engine: Engine
) -> DisclosureResult:
    """Reviews the text and the file. Raises a `DocumentError`, and what `ask_model` raises."""
    kinds = frozenset(options.kinds)
    answer = await ask_model(kinds, document, engine) if options.use_model else None
    masker = Masker(Targets(kinds, options.terms, answer.words if answer else {}), Style())
    marking = await _marking(document)
    changes = await changes_of(masker, document.text)
    reasons = [*_marked(document, marking), *_worded(document), *_personal(document, changes)]
    hidden = await _hidden_content(document)
    reasons += await _hidden_reasons(document, hidden, masker)
    reasons.sort(key=lambda one: (one.start or 0, one.end or 0))
    counts: dict[ReasonKind, int] = {}
    for one in reasons:
        counts[one.kind] = counts.get(one.kind, 0) + 1
    return DisclosureResult(
        publishable=not reasons,
        reasons=reasons,
        counts=counts,
        model_asked=answer is not None,
        not_covered=_not_covered(document, hidden, masker),
    )


async def _marking(document: Document) -> Marking | None:
    """Returns the secrecy marking in the text, else in the rest of the file."""
    marking = marking_in(document)
    if marking is None and document.source and document.source.media_type in SCREENED_IN_PROCESS:
        arguments = {"media_type": document.source.media_type}
        marking = level_of(await document.source.work("secrecy", arguments))
    return marking


@dataclass(frozen=True, slots=True)
class _HiddenContent:
    """The content of a file that is not part of the document's text."""

    text: str = ""
    embedded: Sequence[str] = ()


async def _hidden_content(document: Document) -> _HiddenContent:
    if document.source is None or document.source.media_type not in WITH_HIDDEN_CONTENT:
        return _HiddenContent()
    output = await document.source.work(
        "hidden_content", {"media_type": document.source.media_type}
    )
    return _HiddenContent(output.values["text"], output.values["embedded"])


async def _hidden_reasons(
    document: Document, hidden: _HiddenContent, masker: Masker
) -> list[Reason]:
    """Finds reasons in the hidden content; they have no offsets."""
    content = Document(hidden.text, (), document.media_type)
    found = [*_worded(content), *_personal(content, await changes_of(masker, content.text))]
    return [one.model_copy(update={"start": None, "end": None}) for one in found]


def _marked(document: Document, marking: Marking | None) -> Iterator[Reason]:
    if marking is not None:
        span = (marking.start, marking.end) if marking.start < marking.end else None
        rule = f"marked-{marking.level.name.replace('_', '-')}"
        yield _reason(document, ReasonKind.secrecy_marking, rule, span, marking.words)


def _worded(document: Document) -> Iterator[Reason]:
    for kind, rule, pattern in WORDINGS:
        for match in pattern.finditer(document.text):
            yield _reason(document, kind, rule, match.span(), match[0].strip())


def _personal(document: Document, changes: Sequence[Change]) -> Iterator[Reason]:
    for one in findings(document, changes):
        is_term = one.kind is Kind.term
        yield Reason(
            kind=ReasonKind.term if is_term else ReasonKind.personal_data,
            rule=one.kind.value,
            start=one.start,
            end=one.end,
            page=one.page,
            box=one.box,
            words=document.text[one.start : one.end] if is_term else one.replacement,
            found_by=one.found_by,
        )


def _reason(
    document: Document, kind: ReasonKind, rule: str, span: tuple[int, int] | None, words: str
) -> Reason:
    start, end = span or (None, None)
    blocks = [] if start is None else [one for one in document.blocks if start < one.end]
    return Reason(
        kind=kind,
        rule=rule,
        start=start,
        end=end,
        page=blocks[0].page if blocks else None,
        box=blocks[0].box if blocks else None,
        words=words,
        found_by=DetectionMethod.rule,
    )


def _not_covered(document: Document, hidden: _HiddenContent, masker: Masker) -> list[str]:
    """Returns the parts of the file that no rule checks; none for plain text."""
    if document.source is None or document.source.media_type in SCREENED_BY_BYTES:
        return []
    if document.source.media_type in WITH_HIDDEN_CONTENT:
        files = (f"embedded file: {masker.mask(name)}" for name in hidden.embedded)
        notes = ["headers, footers and notes"] if document.source.media_type == XLS else []
        return ["pictures", *notes, *islice(files, _MOST_LISTED)]
    return ["pictures", "properties and hidden content"]


TASK = Task(
    name="disclosure_review",
    version="1",
    description="Find reasons not to publish a document: personal data, secrecy markings, internal "
    "wording and your own terms, each with its position.",
    options=DisclosureOptions,
    result=DisclosureResult,
    run=disclosure_review,
)
