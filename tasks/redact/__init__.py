"""Masks personal data in a document: in its text, and in the file itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

from documents.document import Document
from documents.isolation.compute import compute
from documents.masking.encoded_text import ENCODED_DATA
from documents.masking.formats import MASKED_FORMATS
from documents.masking.masked_file import extension_of
from documents.readers import html
from documents.source import Source
from tasks.engine import Engine
from tasks.redact.by_model import ask_model
from tasks.redact.candidates import unmasked_names
from tasks.redact.finder import Targets
from tasks.redact.findings import RedactedText, redact_again, redact_text
from tasks.redact.kinds import Kind
from tasks.redact.masker import Style, mask_text, masker_json
from tasks.redact.options import RedactOptions, Term
from tasks.redact.report import report_html
from tasks.redact.result import InFile, MaskedBox, NotCovered, RedactResult, Removed
from tasks.task import Task

__all__ = ["TASK", "RedactOptions", "RedactResult", "Term", "redact"]

_MOST_NAMED = 8
_NO_FORMAT = "No masked file can be created for this format."


async def redact(document: Document, options: RedactOptions, engine: Engine) -> RedactResult:
    """Masks the document, and its file.

    Raises `RedactionIncomplete`, a `DocumentError`, and what `ask_model` raises.
    """
    kinds = frozenset(options.kinds)
    answer = None
    if options.use_model is not False:
        answer = await ask_model(kinds, document, engine)
    style = Style(options.mask, options.masks)
    targets = Targets(kinds, options.terms, answer.words if answer else {})
    redacted = await compute(redact_text, document, targets, style)
    result = RedactResult(
        **_of_text(redacted),
        model_asked=answer is not None,
        unplaced=answer.unplaced if answer else 0,
        in_file=[],
        removed=_removed(redacted),
        not_covered=[
            NotCovered(what="page", where=f"page {page}") for page in document.unread_pages
        ],
    )
    # Words found in the text are masked everywhere in the file.
    everywhere = Targets(kinds, options.terms, redacted.words)
    if document.source is None:
        return await _with_possible_names(document, redacted, options, result)
    name = PurePath(
        await compute(mask_text, document.source.filename or "document", everywhere, style)
    )
    if document.source.media_type in MASKED_FORMATS:
        arguments = {
            "masker": masker_json(everywhere, style),
            "media_type": document.source.media_type,
            "places": redacted.places,
            "cover": options.cover,
            "verify_by_ocr": options.verify_by_ocr,
            "scans": document.scans,
        }
        result, in_file = await _with_file(document.source, arguments, name, result)
        again = await compute(redact_again, document, targets, style, redacted.words, in_file)
        if again is not None:
            redacted = again
            result = result.model_copy(update=_of_text(again))
    else:
        result = _with(result, not_covered=[NotCovered(what="file", where=_NO_FORMAT)])
    result = await _with_possible_names(document, redacted, options, result)
    return await _with_report(document.source, name, result)


async def _with_possible_names(
    document: Document, redacted: RedactedText, options: RedactOptions, result: RedactResult
) -> RedactResult:
    """Adds the words that may be names, if names were to be masked and no model was asked."""
    if result.model_asked or Kind.name not in options.kinds:
        return result
    names, more = await compute(unmasked_names, document, redacted.spans, redacted.words)
    return result.model_copy(update={"possible_names": names, "possible_names_not_listed": more})


async def _with_file(
    source: Source, arguments: Mapping[str, Any], name: PurePath, result: RedactResult
) -> tuple[RedactResult, Mapping[str, Sequence[str]]]:
    """Returns the result with the masked file, and the texts that were masked in it by kind."""
    output = await source.work("redact", arguments, ocr=True)
    account = output.values
    not_covered = [NotCovered.model_validate(one) for one in account["not_covered"]]
    not_covered += [_disagreement(one) for one in account["missing"]]
    if output.file is None:
        return _with(result, not_covered=not_covered), {}
    media_type = account["media_type"]
    suffix = extension_of(media_type, source.media_type, name.suffix)
    file = await source.keep(
        output.file, filename=f"{name.stem}-masked{suffix}", media_type=media_type
    )
    result = _with(
        result,
        not_covered=not_covered,
        file=file,
        in_file=[InFile.model_validate(one) for one in account["masked"]],
        boxes=[MaskedBox.model_validate(one) for one in account["boxes"]],
        removed=[Removed.model_validate(one) for one in account["removed"]],
    )
    return result, account["values"]


def _of_text(redacted: RedactedText) -> dict[str, Any]:
    return {
        "text": redacted.text,
        "findings": redacted.findings,
        "not_listed": redacted.not_listed,
        "counts": redacted.counts,
    }


def _removed(redacted: RedactedText) -> list[Removed]:
    return [Removed(what=ENCODED_DATA, count=redacted.removed)] if redacted.removed else []


def _disagreement(missing: Mapping[str, Any]) -> NotCovered:
    where = f"page {missing['page']}" if missing["page"] else "the file"
    return NotCovered(
        what="file",
        where=f"No file was created: {missing['count']} of kind {missing['kind']} in the text of "
        f"{where} could not be found again in the file.",
    )


def _with(result: RedactResult, not_covered: Sequence[NotCovered], **parts: Any) -> RedactResult:
    listed = [*result.not_covered, *not_covered]
    notice = _notice(listed)
    return result.model_copy(update={"not_covered": listed, "notice": notice, **parts})


def _notice(not_covered: Sequence[NotCovered]) -> str:
    """What a person must check, in words; empty if nothing."""
    if not not_covered:
        return ""
    if reasons := [one.where for one in not_covered if one.what == "file"]:
        return " ".join(dict.fromkeys(reasons))
    whats = Counter(one.what for one in not_covered)
    named = ", ".join(f"{what} ({count})" for what, count in whats.most_common(_MOST_NAMED))
    return (
        f"Check before publication: these parts of the file were not checked for text to be "
        f"masked: {named}. `not_covered` says where they are."
    )


async def _with_report(source: Source, name: PurePath, result: RedactResult) -> RedactResult:
    report = await compute(report_html, name.name, result)
    kept = await source.keep(
        report.encode(), filename=f"{name.stem}-report.html", media_type=html.MEDIA_TYPE
    )
    return result.model_copy(update={"report": kept})


TASK = Task(
    name="redact",
    version="2",
    description="Find personal data and mask it, in the text and in the file.",
    options=RedactOptions,
    result=RedactResult,
    run=redact,
)
