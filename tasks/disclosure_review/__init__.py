"""Finds reasons not to publish a document, by rules."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from pydantic import BaseModel, ConfigDict, Field

from documents.document import Document
from documents.isolation.compute import compute
from tasks.disclosure_review.reasons import Reason, marked, personal, worded
from tasks.disclosure_review.seals import masked_seals, reasons_in_seals, unread_seals
from tasks.disclosure_review.wordings import ReasonKind
from tasks.engine import Engine
from tasks.limits import MOST_LISTED
from tasks.redact import Term
from tasks.redact.by_model import ask_model
from tasks.redact.finder import RULES, Targets
from tasks.redact.kinds import Kind
from tasks.redact.masker import Masker, Style, masker_json
from tasks.seals import SealItem
from tasks.secrecy import Marking
from tasks.secrecy.look import level_of
from tasks.secrecy.markings import marking_in
from tasks.task import Task
from tasks.unread import UnreadItem, unread_items

# Credit codes of organisations are public.
_PERSONAL: Sequence[Kind] = tuple(kind for kind in RULES if kind is not Kind.credit_code)


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
                        "where": None,
                        "words": "138****5678",
                        "found_by": "rule",
                    }
                ],
                "not_listed": 0,
                "counts": {"personal_data": 1},
                "model_asked": False,
                "not_covered": [],
                "unread": [],
                "seals": [],
            }
        }
    )

    publishable: bool = Field(
        description="True if no reason was found and every part of the file and every seal was "
        "read. A person must make the decision."
    )
    reasons: list[Reason] = Field(
        description=f"The reasons, in the order of the text, at most {MOST_LISTED:,}."
    )
    not_listed: int = Field(0, description="How many more reasons than `reasons` were found.")
    counts: dict[ReasonKind, int] = Field(
        description="How many reasons of each kind were found, listed or not."
    )
    model_asked: bool = Field(description="Whether a model was asked for names and addresses.")
    not_covered: list[str] = Field(
        description="Parts of the file that were not read, such as pictures, and why, and pages "
        "with a seal that was not read with confidence. If there are any, `publishable` is false."
    )
    unread: list[UnreadItem] = Field(
        default=[],
        description="What was on a page of the document and was not read, so that it is not part "
        "of the result: its kind, place and the reason.",
    )
    seals: list[SealItem] = Field(
        default=[],
        description="The seals, as in `parse`; what is a reason in their text is masked.",
    )


async def disclosure_review(
    document: Document, options: DisclosureOptions, engine: Engine
) -> DisclosureResult:
    """Reviews the text and the file. Raises a `DocumentError`, and what `ask_model` raises."""
    kinds = frozenset(options.kinds)
    answer = await ask_model(kinds, document, engine) if options.use_model else None
    targets = Targets(kinds, options.terms, answer.words if answer else {})
    file = await _file_review(document, targets)
    review = await compute(_review, document, file, targets)
    not_covered = [*file.unread, *unread_seals(document)]
    return DisclosureResult(
        publishable=not review.reasons and not not_covered,
        reasons=review.reasons,
        not_listed=sum(review.counts.values()) - len(review.reasons),
        counts=review.counts,
        model_asked=answer is not None,
        not_covered=not_covered,
        unread=unread_items(document),
        seals=review.seals,
    )


@dataclass(frozen=True, slots=True)
class _FileReview:
    """What was found in the file: reasons in its text and `outside` of it, and unread parts."""

    reasons: Sequence[Reason] = ()
    outside: Sequence[Reason] = ()
    level: Marking | None = None
    unread: Sequence[str] = ()


async def _file_review(document: Document, targets: Targets) -> _FileReview:
    if document.source is None:
        return _FileReview()
    masker = masker_json(targets, Style())
    arguments = {"media_type": document.source.media_type, "masker": masker}
    output = await document.source.work("disclosure_review", arguments)
    reasons: Mapping[bool, list[Reason]] = {True: [], False: []}
    for one in output.values["reasons"]:
        reasons[one.pop("outside")].append(Reason.model_validate(one))
    unread = [*output.values["unread"]]
    if more := output.values["not_listed"]:
        unread.append(f"{more:,} more parts that were not read")
    return _FileReview(reasons[False], reasons[True], level_of(output), unread)


@dataclass(frozen=True, slots=True)
class _Review:
    reasons: list[Reason]
    counts: dict[ReasonKind, int]
    seals: list[SealItem]


def _review(document: Document, file: _FileReview, targets: Targets) -> _Review:
    masker = Masker(targets, Style())
    in_seals = list(reasons_in_seals(document.seals, masker))
    marking = marking_in(replace(document, seals=())) or file.level
    in_text = [
        *marked(document, marking),
        *worded(document),
        *personal(document, masker.changes(document.text)),
    ]
    known = {(one.rule, one.words) for one in (*in_text, *in_seals)}
    elsewhere = [one for one in file.reasons if (one.rule, one.words) not in known]
    counts: Counter[ReasonKind] = Counter()
    reasons = [
        *_first((*elsewhere, *file.outside, *in_seals), counts),
        *_first(in_text, counts),
    ]
    reasons.sort(key=lambda one: (one.start or 0, one.end or 0))
    return _Review(reasons[:MOST_LISTED], counts, masked_seals(document, masker))


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


TASK = Task(
    name="disclosure_review",
    version="1",
    description="Find reasons not to publish a document: personal data, secrecy markings, internal "
    "wording and your own terms, each with its position.",
    options=DisclosureOptions,
    result=DisclosureResult,
    run=disclosure_review,
)
