"""What `redact` and `disclosure_review` make of one file."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bench.quality.leaks.cases import Case
from bench.quality.leaks.clean import Clean
from bench.quality.leaks.search import found_in, squeezed
from bench.quality.leaks.seen import seen_in
from bench.quality.leaks.values import Value
from bench.quality.measure import CannotMeasure
from documents.document import Document
from documents.errors import WorkError
from documents.limits import ReadLimits
from standin.direct_source import DirectSource, read_with_source
from standin.scripted_engine import Answer, Request, ScriptedEngine
from tasks.disclosure_review import DisclosureOptions, DisclosureResult, disclosure_review
from tasks.engine import Engine
from tasks.redact import RedactOptions, RedactResult, redact
from tasks.redact.finder import RULES
from tasks.redact.kinds import Kind

LIMITS = ReadLimits(max_chars=1_000_000, max_pages=100)
_WITH_OCR = replace(LIMITS, ocr_pages=10)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One case after both tasks.

    Attributes:
        readable: The independent search, or OCR, finds the value in the file that was sent.
        leak: Where the search finds it in what `redact` handed out; None if nowhere.
        refused: Why no file was handed out: a problem's code, or `named`.
        publishable: `disclosure_review` says that the file may be published.
        failure: An exception that is no error of a document.
    """

    format: str
    place: str
    value: str
    readable: bool
    leak: str | None = None
    refused: str | None = None
    publishable: bool = False
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class CleanOutcome:
    """What came of a file without anything to hold back; `refused` as in `Outcome`."""

    format: str
    place: str
    held_back: str | None
    refused: str | None


def outcome_of(case: Case) -> Outcome:
    """Mask and review a file with a value in it."""
    readable = bool(found_in(case.data, [case.value.text]))
    if case.by_sight and not readable:
        readable = bool(seen_in(case.data, case.value.text))
    done = Outcome(case.format, case.place, case.value.text, readable)
    try:
        with _read(case.data, _WITH_OCR if case.by_sight else LIMITS) as (document, source):
            done = _masked(done, document, source, case)
            return _reviewed(done, document, case.value)
    except WorkError as error:
        return replace(done, refused=error.code)
    except Exception as error:  # noqa: BLE001 - counted; the other cases still run
        return replace(done, failure=repr(error)[:200])


def _masked(done: Outcome, document: Document, source: DirectSource, case: Case) -> Outcome:
    value = case.value
    try:
        result = _redacted(document, value)
    except WorkError as error:
        return replace(done, refused=error.code)
    if squeezed(value.text) in squeezed(f"{result.text} {result.model_dump_json()}"):
        return replace(done, leak="the result")
    for data in source.kept.values():
        if ways := found_in(data, [value.text]):
            return replace(done, leak=ways[value.text])
        if case.by_sight and (where := seen_in(data, value.text)):
            return replace(done, leak=f"seen on {where}")
    return done if result.file else replace(done, refused="named")


def _reviewed(done: Outcome, document: Document, value: Value) -> Outcome:
    """Only the value's kind is asked for: mail always has addresses, for example."""
    options = DisclosureOptions(kinds=[value.kind], terms=value.terms)
    try:
        return replace(done, publishable=_review(document, options).publishable)
    except WorkError:
        return done  # A file that cannot be reviewed is not passed.


def outcome_of_clean(case: Clean) -> CleanOutcome:
    """Mask and review a file without anything to hold back."""
    # Mail always has addresses; credit codes are public.
    kinds = [kind for kind in RULES if kind not in {Kind.credit_code, Kind.email}]
    held_back: str | None = "not reviewed"
    try:
        with _read(case.data) as (document, _):
            review = _review(document, DisclosureOptions(kinds=kinds))
            held_back = None if review.publishable else _why(review)
            result = _redacted(document, None)
            refused = None if result.file else f"named: {result.not_covered}"
    except Exception as error:  # noqa: BLE001 - counted; the other files still run
        refused = getattr(error, "code", repr(error)[:200])
    return CleanOutcome(case.format, case.place, held_back, refused)


def _why(review: DisclosureResult) -> str:
    reasons = [f"{one.rule}: {one.words}" for one in review.reasons[:3]]
    return "; ".join([*reasons, *map(str, review.not_covered[:3])])


def masked_file(data: bytes, value: Value) -> bytes:
    """The masked file. Raises a `DocumentError`, and `CannotMeasure` if there is none."""
    with _read(data) as (document, source):
        result = _redacted(document, value)
    if result.file is None:
        raise CannotMeasure(f"no masked file: {result.not_covered}")
    return source.kept[result.file.document_id]


@contextmanager
def _read(data: bytes, limits: ReadLimits = LIMITS) -> Iterator[tuple[Document, DirectSource]]:
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        yield read_with_source(Path(file.name), limits, "document")


def _redacted(document: Document, value: Value | None) -> RedactResult:
    options = RedactOptions(terms=value.terms if value else [], use_model=False)
    return asyncio.run(redact(document, options, _engine()))


def _review(document: Document, options: DisclosureOptions) -> DisclosureResult:
    return asyncio.run(disclosure_review(document, options, _engine()))


def _engine() -> Engine:
    """An engine that fails if it is asked."""
    return ScriptedEngine(_refuse)


def _refuse(_: Request) -> Answer:
    raise AssertionError("the model was asked")
