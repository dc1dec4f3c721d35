"""Finds reasons not to publish a document, by rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from pydantic import BaseModel, ConfigDict, Field

from documents.document import Document
from documents.inventory.hidden_content import WITH_HIDDEN_CONTENT
from documents.isolation.compute import compute
from documents.readers.sheets import XLS
from tasks.disclosure_review.wordings import WORDINGS, ReasonKind
from tasks.engine import Engine
from tasks.limits import MOST_LISTED
from tasks.redact import Term
from tasks.redact.by_model import ask_model
from tasks.redact.finder import RULES, Targets
from tasks.redact.findings import findings
from tasks.redact.kinds import DetectionMethod, Kind
from tasks.redact.masker import Change, Masker, Style
from tasks.secrecy import Marking, marking_in
from tasks.secrecy.files import SCREENED_BY_BYTES, SCREENED_IN_PROCESS
from tasks.secrecy.look import level_of
from tasks.task import Task

# Credit codes of organisations are public.
_PERSONAL: Sequence[Kind] = tuple(kind for kind in RULES if kind is not Kind.credit_code)
_MOST_EMBEDDED = 500
# Longer wording is cut in `words`: a rule may match a whole line.
_MOST_WORDS = 200


class DisclosureOptions(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"terms": ["阳光工程"], "use_model": False}},
    )

    kinds: list[Kind] = Field(
        default_factory=lambda: [*_PERSONAL],
        max_length=len(Kind),
        description="The kinds of personal data to find. Default: all but `credit_code`.",
    )
    terms: list[Term] = Field(
        default_factory=list, max_length=1_000, description="Words that must not be published."
    )
    use_model: bool = Field(
        False, description="Whether to ask the model for names and addresses, too."
    )


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
    words: str = Field(
        description=f"The text found, at most {_MOST_WORDS} characters; personal data is masked."
    )
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
                "not_listed": 0,
                "counts": {"personal_data": 1},
                "model_asked": False,
                "not_covered": [],
            }
        }
    )

    publishable: bool = Field(
        description="True if no reason was found. A person must make the decision."
    )
    reasons: list[Reason] = Field(
        description=f"The reasons, in the order of the text, at most {MOST_LISTED:,}."
    )
    not_listed: int = Field(0, description="How many more reasons than `reasons` were found.")
    counts: dict[ReasonKind, int] = Field(
        description="How many reasons of each kind were found, listed or not."
    )
    model_asked: bool = Field(description="Whether a model was asked for names and addresses.")
    not_covered: list[str] = Field(description="Parts of the file that were not checked.")


async def disclosure_review(
    document: Document, options: DisclosureOptions, engine: Engine
) -> DisclosureResult:
    """Reviews the text and the file. Raises a `DocumentError`, and what `ask_model` raises."""
    kinds = frozenset(options.kinds)
    answer = await ask_model(kinds, document, engine) if options.use_model else None
    targets = Targets(kinds, options.terms, answer.words if answer else {})
    marking = await _marking(document)
    hidden = await _hidden_content(document)
    review = await compute(_review, document, hidden, targets, marking)
    return DisclosureResult(
        publishable=not review.reasons,
        reasons=review.reasons,
        not_listed=sum(review.counts.values()) - len(review.reasons),
        counts=review.counts,
        model_asked=answer is not None,
        not_covered=_not_covered(document, review.embedded),
    )


async def _marking(document: Document) -> Marking | None:
    """Returns the secrecy marking in the text, else in the rest of the file."""
    marking = await compute(marking_in, document)
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


@dataclass(frozen=True, slots=True)
class _Review:
    """`embedded` are the names of embedded files, masked."""

    reasons: list[Reason]
    counts: dict[ReasonKind, int]
    embedded: list[str]


def _review(
    document: Document, hidden: _HiddenContent, targets: Targets, marking: Marking | None
) -> _Review:
    masker = Masker(targets, Style())
    counts: Counter[ReasonKind] = Counter()
    # Reasons in hidden content have no offsets.
    content = Document(hidden.text, (), document.media_type)
    reasons = [
        one.model_copy(update={"start": None, "end": None})
        for one in _first(_found(content, masker, None), counts)
    ]
    reasons += _first(_found(document, masker, marking), counts)
    reasons.sort(key=lambda one: (one.start or 0, one.end or 0))
    embedded = [masker.mask(name) for name in islice(hidden.embedded, _MOST_EMBEDDED)]
    return _Review(reasons[:MOST_LISTED], counts, embedded)


def _found(document: Document, masker: Masker, marking: Marking | None) -> Iterator[Reason]:
    yield from _marked(document, marking)
    yield from _worded(document)
    yield from _personal(document, masker.changes(document.text))


def _first(reasons: Iterable[Reason], counts: Counter[ReasonKind]) -> list[Reason]:
    """Returns the first reasons of each kind, up to the limit; counts all of them."""
    kept: list[Reason] = []
    of_kind: Counter[ReasonKind] = Counter()
    for one in reasons:
        of_kind[one.kind] += 1
        if of_kind[one.kind] <= MOST_LISTED:
            kept.append(one)
    counts.update(of_kind)
    return kept


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
            words=_cut(document.text[one.start : one.end] if is_term else one.replacement),
            found_by=one.found_by,
        )


def _reason(
    document: Document, kind: ReasonKind, rule: str, span: tuple[int, int] | None, words: str
) -> Reason:
    start, end = span or (None, None)
    block = document.block_at(start) if start is not None else None
    return Reason(
        kind=kind,
        rule=rule,
        start=start,
        end=end,
        page=block.page if block else None,
        box=block.box if block else None,
        words=_cut(words),
        found_by=DetectionMethod.rule,
    )


def _cut(words: str) -> str:
    return words if len(words) <= _MOST_WORDS else f"{words[: _MOST_WORDS - 1]}…"


def _not_covered(document: Document, embedded: Sequence[str]) -> list[str]:
    """Returns the parts of the file that no rule checks; none for plain text."""
    if document.source is None or document.source.media_type in SCREENED_BY_BYTES:
        return []
    if document.source.media_type in WITH_HIDDEN_CONTENT:
        notes = ["headers, footers and notes"] if document.source.media_type == XLS else []
        return ["pictures", *notes, *(f"embedded file: {name}" for name in embedded)]
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
