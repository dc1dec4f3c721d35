"""Checks or corrects the layout of a Word file. Runs in a reading process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lxml import etree

from documents.errors import CorruptDocument
from documents.limits import ReadLimits
from documents.source import FileResult
from tasks.official_layout.finding import Breach
from tasks.official_layout.kinds import Kind
from tasks.official_layout.official import OfficialDocument, load, parse
from tasks.official_layout.paragraphs import Paragraph, TextEdit, apply_edit
from tasks.official_layout.rules import breaches

# A correction may reveal another breach. More rounds than this are a defect.
_MOST_ROUNDS = 8
_MOST_FINDINGS = 5_000


def check(path: Path, arguments: Mapping[str, Any], limits: ReadLimits) -> FileResult:
    """`arguments`: `kind` (Chinese name or null), `leave_out` (ids of rules to ignore) and `seals`
    (the texts of the seals that were read).

    Raises a `DocumentError`.
    """
    kind, leave_out = _kind_and_exclusions(arguments)
    with _nesting_errors():
        official = parse(load(path, limits), kind, arguments.get("seals", ()))
        breaches_found = list(breaches(official, leave_out))
    return FileResult(
        {
            "kind": official.kind.value if official.kind else None,
            "recognised": _recognised(official),
            **_findings(breaches_found),
        }
    )


@contextmanager
def _nesting_errors() -> Iterator[None]:
    try:
        yield
    except RecursionError as error:
        raise CorruptDocument(
            "The document's XML is nested too deeply. Open it in Word and save it again."
        ) from error


def fix(path: Path, arguments: Mapping[str, Any], limits: ReadLimits) -> FileResult:
    """Corrects the file. Returns the changes, the remaining findings and, if changed, the file.

    `arguments` as for `check`; with `words` false, the text itself is not changed.
    """
    with _nesting_errors():
        return _fix(path, arguments, limits)


def _fix(path: Path, arguments: Mapping[str, Any], limits: ReadLimits) -> FileResult:
    kind, leave_out = _kind_and_exclusions(arguments)
    parts = load(path, limits)
    original_indexes = {one.element: one.index for one in parse(parts, kind).paragraphs}
    words = arguments.get("words", True)
    changes: list[dict[str, Any]] = []
    for _ in range(_MOST_ROUNDS):
        official = parse(parts, kind)
        applicable = [
            breach
            for breach in breaches(official, leave_out)
            if _is_applicable(breach, words=words)
        ]
        if not applicable:
            break
        changes += _apply(applicable, original_indexes)
    seals = arguments.get("seals", ())
    remaining = list(breaches(parse(parts, kind, seals), leave_out))
    return FileResult(
        {
            "kind": official.kind.value if official.kind else None,
            "changes": changes[:_MOST_FINDINGS],
            "changes_in_all": len(changes),
            **_findings(remaining),
        },
        parts.written() if changes else None,
    )


def _is_applicable(breach: Breach, *, words: bool) -> bool:
    return breach.correction is not None and (words or not isinstance(breach.correction, TextEdit))


def _kind_and_exclusions(arguments: Mapping[str, Any]) -> tuple[Kind | None, frozenset[str]]:
    kind = arguments.get("kind")
    return Kind(kind) if kind else None, frozenset(arguments.get("leave_out") or ())


def _findings(breaches_found: Sequence[Breach]) -> dict[str, Any]:
    return {
        "findings": [one.as_json() for one in breaches_found[:_MOST_FINDINGS]],
        "findings_in_all": len(breaches_found),
    }


def _recognised(official: OfficialDocument) -> list[dict[str, Any]]:
    roles = official.roles
    named: Mapping[str, Sequence[Paragraph | None]] = {
        "issue_number": [roles.issue_number],
        "title": roles.title,
        "recipient": [roles.recipient],
        "attachment_note": roles.attachment_note,
        "signature": [roles.signature],
        "date": [roles.date],
        "note": [roles.note],
        "copies": [roles.copies],
        "printed": [roles.printed],
    }
    return [
        {"part": name, "paragraph": paragraph.index, "words": paragraph.words[:60]}
        for name, paragraphs in named.items()
        for paragraph in paragraphs
        if paragraph is not None
    ]


def _apply(
    breaches_found: Sequence[Breach], original_indexes: Mapping[etree._Element, int]
) -> list[dict[str, Any]]:
    """Applies formatting first, which keeps all offsets; then text edits, from the end."""
    edits = [one for one in breaches_found if isinstance(one.correction, TextEdit)]
    formatting = [one for one in breaches_found if not isinstance(one.correction, TextEdit)]
    edits.sort(key=_from_the_end)
    changes = []
    for one in formatting:
        if one.correction is not None and not isinstance(one.correction, TextEdit):
            one.correction()
            changes.append(_change(one, original_indexes))
    applied_to: dict[etree._Element, int] = {}
    for one in edits:
        edit = one.correction
        assert isinstance(edit, TextEdit)  # noqa: S101 - chosen above
        element = edit.paragraph.element
        if edit.end > applied_to.get(element, len(edit.paragraph.text)):
            continue  # overlaps an applied edit: the next round handles the rest
        apply_edit(edit)
        applied_to[element] = edit.start
        changes.append(_change(one, original_indexes))
    return changes


def _from_the_end(breach: Breach) -> tuple[int, int]:
    assert isinstance(breach.correction, TextEdit)  # noqa: S101 - only these are sorted
    return -breach.correction.paragraph.index, -breach.correction.start


def _change(breach: Breach, original_indexes: Mapping[etree._Element, int]) -> dict[str, Any]:
    finding = breach.as_json()
    place = finding["place"]
    if breach.paragraph is not None:
        # Paragraphs are counted as in the original file.
        place["paragraph"] = original_indexes.get(breach.paragraph.element)
    edit = breach.correction if isinstance(breach.correction, TextEdit) else None
    return {
        "rule": finding["rule"],
        "clause": finding["clause"],
        "place": place,
        "found": finding["found"],
        "expected": finding["expected"],
        "text_changed": edit is not None,
        "old": edit.paragraph.text[edit.start : edit.end] if edit else None,
        "new": edit.new if edit else None,
    }
