"""Whether a document may be published: what in it speaks against that, by rules."""

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
from tasks.redact import changes_of, findings, said_by_model
from tasks.redact.finder import RULES, Wanted
from tasks.redact.kinds import How, Kind
from tasks.redact.masker import Change, Masker, Style
from tasks.secrecy import Marking, marking_in
from tasks.secrecy.files import LOOKED_AT, WRITTEN, level_of
from tasks.task import Task

# Codes of organisations are public anyway.
_PERSONAL: Sequence[Kind] = tuple(kind for kind in RULES if kind is not Kind.credit_code)
_MOST_LISTED = 500


class DisclosureOptions(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"terms": ["阳光工程"], "use_model": False}},
    )

    kinds: list[Kind] = Field(
        default_factory=lambda: [*_PERSONAL],
        description="Which personal data to look for; all but `credit_code` unless said.",
    )
    terms: list[str] = Field(
        default_factory=list, max_length=1_000, description="Words that may not be published."
    )
    use_model: bool = Field(
        False, description="Whether to ask the model for names and addresses too."
    )

    @model_validator(mode="after")
    def _terms_have_two(self) -> DisclosureOptions:
        if any(not 2 <= len(term.strip()) <= 200 for term in self.terms):
            raise ValueError("each term needs 2 to 200 characters")
        return self


class Reason(BaseModel):
    """Something that speaks against publishing."""

    kind: ReasonKind = Field(description="What sort of reason it is.")
    rule: str = Field(description="Which rule found it; for personal data its kind.")
    start: int | None = Field(
        description="Offset in the document's text; null where it stands outside the text."
    )
    end: int | None = Field(description="Offset after it.")
    page: int | None = Field(None, description="The page, from 1; null where there are none.")
    box: tuple[float, float, float, float] | None = Field(
        None, description="The block that it stands in, as in `redact`."
    )
    words: str = Field(description="What stands there; personal data is masked.")
    found_by: How = Field(description="`rule`, `model` or `term`.")


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
        description="Whether nothing was found that speaks against publishing. A person decides."
    )
    reasons: list[Reason] = Field(description="What was found, in the order of the text.")
    counts: dict[ReasonKind, int] = Field(description="How many reasons of each sort.")
    model_asked: bool = Field(description="Whether a model was asked for names and addresses.")
    not_covered: list[str] = Field(description="What of the file was not looked into.")


async def disclosure_review(
    document: Document, options: DisclosureOptions, engine: Engine
) -> DisclosureResult:
    """Raises what asking the model raises."""
    kinds = frozenset(options.kinds)
    said = await said_by_model(kinds, document, engine) if options.use_model else None
    masker = Masker(Wanted(kinds, options.terms, said.words if said else {}), Style())
    marking = await _marking(document)
    changes = await changes_of(masker, document.text)
    reasons = [*_marked(document, marking), *_worded(document), *_personal(document, changes)]
    beside = await _beside(document)
    reasons += await _unshown(document, beside, masker)
    reasons.sort(key=lambda one: (one.start or 0, one.end or 0))
    counts: dict[ReasonKind, int] = {}
    for one in reasons:
        counts[one.kind] = counts.get(one.kind, 0) + 1
    return DisclosureResult(
        publishable=not reasons,
        reasons=reasons,
        counts=counts,
        model_asked=said is not None,
        not_covered=_not_covered(document, beside, masker),
    )


async def _marking(document: Document) -> Marking | None:
    """The marking in the text, or in what the text does not show of the file."""
    marking = marking_in(document)
    if marking is None and document.source and document.source.media_type in LOOKED_AT:
        arguments = {"media_type": document.source.media_type}
        marking = level_of(await document.source.work("secrecy", arguments))
    return marking


@dataclass(frozen=True, slots=True)
class _Beside:
    """What a file holds and its text does not show."""

    text: str = ""
    embedded: Sequence[str] = ()


async def _beside(document: Document) -> _Beside:
    if document.source is None or document.source.media_type not in WITH_HIDDEN_CONTENT:
        return _Beside()
    made = await document.source.work("hidden_content", {"media_type": document.source.media_type})
    return _Beside(made.values["text"], made.values["embedded"])


async def _unshown(document: Document, beside: _Beside, masker: Masker) -> list[Reason]:
    """What speaks against publishing in what the text does not show; none of it has a place."""
    unshown = Document(beside.text, (), document.media_type)
    found = [*_worded(unshown), *_personal(unshown, await changes_of(masker, unshown.text))]
    return [one.model_copy(update={"start": None, "end": None}) for one in found]


def _marked(document: Document, marking: Marking | None) -> Iterator[Reason]:
    if marking is not None:
        place = (marking.start, marking.end) if marking.start < marking.end else None
        rule = f"marked-{marking.level.name.replace('_', '-')}"
        yield _reason(document, ReasonKind.secrecy_marking, rule, place, marking.words)


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
    document: Document, kind: ReasonKind, rule: str, place: tuple[int, int] | None, words: str
) -> Reason:
    start, end = place or (None, None)
    blocks = [] if start is None else [one for one in document.blocks if start < one.end]
    return Reason(
        kind=kind,
        rule=rule,
        start=start,
        end=end,
        page=blocks[0].page if blocks else None,
        box=blocks[0].box if blocks else None,
        words=words,
        found_by=How.rule,
    )


def _not_covered(document: Document, beside: _Beside, masker: Masker) -> list[str]:
    """What a file may hold beside its text; of a text by itself nothing."""
    if document.source is None or document.source.media_type in WRITTEN:
        return []
    if document.source.media_type in WITH_HIDDEN_CONTENT:
        files = (f"embedded file: {masker.mask(name)}" for name in beside.embedded)
        apart = ["headers, footers and notes"] if document.source.media_type == XLS else []
        return ["pictures", *apart, *islice(files, _MOST_LISTED)]
    return ["pictures", "properties, and what is hidden"]


TASK = Task(
    name="disclosure_review",
    version="1",
    description="Whether a document may be published: personal data, secrecy markings, internal "
    "wording and your own terms, each with its place.",
    options=DisclosureOptions,
    result=DisclosureResult,
    run=disclosure_review,
)
