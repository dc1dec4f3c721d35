"""Masks the text of a document, and reports where."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice

from pydantic import BaseModel, Field

from documents.document import Document
from documents.masking.encoded_text import DataReplacement, found_and_data
from documents.masking.interrupted import interrupted
from documents.masking.replacement import Replacement, applied
from tasks.limits import MOST_LISTED
from tasks.redact.comparison import Place, key_of
from tasks.redact.finder import Targets
from tasks.redact.kinds import Detection, DetectionMethod, Kind
from tasks.redact.masker import Change, Masker, Style

# The most distinct texts that are searched in the file as known words.
_MOST_WORDS = 20_000


class Finding(BaseModel):
    """One masked item. Its original text is not included, only its position."""

    kind: Kind = Field(description="What it is.")
    start: int = Field(
        description="Offset of the first character in the document's original text, from 0."
    )
    end: int = Field(description="Offset after the last character.")
    page: int | None = Field(None, description="The page, from 1; null if the format has no pages.")
    box: tuple[float, float, float, float] | None = Field(
        None,
        description="The block that contains it: left, top, right, bottom in points from the "
        "page's top left corner; null if the format has no positions.",
    )
    found_by: DetectionMethod = Field(
        description="`rule`, `model`, or `term` for one of your words."
    )
    valid: bool | None = Field(
        None,
        description="Whether the check digit is correct; null for a kind without one. A number "
        "with a wrong one is masked if a label before it names its kind.",
    )
    replacement: str = Field(description="What replaces it in `text`.")


@dataclass(frozen=True, slots=True)
class RedactedText:
    """`words` are the targets' words with those found by rule, for masking the document's file.

    `spans` are where the document's text was masked, in order: offsets of the first character and
    after the last. `removed` is the number of places where encoded data was left out of `text`.
    """

    text: str
    findings: list[Finding]
    not_listed: int
    counts: dict[Kind, int]
    spans: list[tuple[int, int]]
    words: Mapping[Kind, Sequence[str]]
    places: list[Place]
    removed: int


def redact_text(document: Document, targets: Targets, style: Style) -> RedactedText:
    masker = Masker(targets, style)
    found, data = found_and_data(document.text, masker.changes)
    in_file = chain.from_iterable(
        map(masker.changes, chain.from_iterable(targets.in_file.values()))
    )
    changes = _with_interrupted(
        list(map(_change, found)), list(map(_change, interrupted(document.text, in_file)))
    )
    return RedactedText(
        text=applied(document.text, _apart(changes, data)),
        findings=list(islice(findings(document, changes), MOST_LISTED)),
        not_listed=max(0, len(changes) - MOST_LISTED),
        counts=Counter(change.detection.kind for change in changes),
        spans=[(change.start, change.end) for change in changes],
        words=_with_words(targets, changes),
        places=list(islice(dict.fromkeys(_places(document, changes)), _MOST_WORDS)),
        removed=len(data),
    )


def redact_again(
    document: Document,
    targets: Targets,
    style: Style,
    known: Mapping[Kind, Sequence[str]],
    in_file: Mapping[str, Sequence[str]],
) -> RedactedText | None:
    """Masks the text with what was found only in its file; None if that is nothing.

    A value may be whole in the file, and divided in the text in a form that rules do not find.
    """
    keys = {key_of(word) for words in known.values() for word in words}
    more = {
        Kind(kind): unknown
        for kind, values in in_file.items()
        if (unknown := [value for value in values if key_of(value) not in keys])
    }
    return redact_text(document, replace(targets, in_file=more), style) if more else None


def _with_interrupted(found: Sequence[Change], more: Sequence[Change]) -> list[Change]:
    """Both in order; of those that touch, what was found in the text as it is.

    `found` is in order, and none touch.
    """
    starts = [change.start for change in found]

    def is_apart(one: Change) -> bool:
        before = bisect_left(starts, one.end)
        return not before or found[before - 1].end <= one.start

    return sorted([*found, *filter(is_apart, more)], key=lambda change: change.start)


def _change(one: Replacement) -> Change:
    """A replacement as a change: of an encoded word, which is one replacement of all in it."""
    if isinstance(one, Change):
        return one
    detection = Detection(Kind(one.label), one.start, one.end, how=DetectionMethod.rule)
    return Change(detection, one.replacement, one.value)


def _apart(changes: Sequence[Change], data: Sequence[DataReplacement]) -> list[Replacement]:
    """The changes and the replacements of data in order; those of data contain what they touch."""
    apart: list[Replacement] = []
    replacements: list[Replacement] = [*changes, *data]
    for one in sorted(replacements, key=lambda one: one.start):
        if apart and one.start < apart[-1].end:
            end = max(one.end, apart[-1].end)
            apart[-1] = DataReplacement(apart[-1].start, end)
        else:
            apart.append(one)
    return apart


def findings(document: Document, changes: Sequence[Change]) -> Iterator[Finding]:
    """Converts the changes to findings, with their positions in the document."""
    for change in changes:
        one = change.detection
        page, box = document.place_at(one.start)
        yield Finding(
            kind=one.kind,
            start=one.start,
            end=one.end,
            page=page,
            box=box,
            found_by=one.how,
            valid=one.valid,
            replacement=change.replacement,
        )


def _places(document: Document, changes: Sequence[Change]) -> Iterator[Place]:
    for change in changes:
        yield Place(document.page_at(change.start), change.detection.kind, change.value)


def _with_words(targets: Targets, changes: Sequence[Change]) -> Mapping[Kind, Sequence[str]]:
    """Returns the words of `targets` with the text of every change added."""
    words = {kind: list(known) for kind, known in targets.words.items()}
    found = dict.fromkeys((change.detection.kind, change.value) for change in changes)
    for kind, value in islice(found, _MOST_WORDS):
        if kind is not Kind.term:
            words.setdefault(kind, []).append(value)
    return {kind: list(dict.fromkeys(known)) for kind, known in words.items()}
