"""What is done to a Word file: its layout checked, or mended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lxml import etree

from documents.errors import CorruptDocument
from documents.limits import ReadLimits
from documents.source import FileResult
from tasks.official_layout.finding import Found
from tasks.official_layout.kinds import Kind
from tasks.official_layout.official import Official, load, understood
from tasks.official_layout.paragraphs import Paragraph, TextEdit, apply_edit
from tasks.official_layout.rules import breaches

# Mending one thing may bring another to light; more rounds than this are a defect.
_MOST_ROUNDS = 8
_MOST_FINDINGS = 5_000


def check(path: Path, arguments: Mapping[str, Any], limits: ReadLimits) -> FileResult:
    """`arguments`: `kind` (its Chinese name, or null) and `leave_out` (ids of rules)."""
    kind, leave_out = _understood(arguments)
    with _not_too_deep():
        official = understood(load(path, limits), kind)
        found = list(breaches(official, leave_out))
    return FileResult(
        {
            "kind": official.kind.value if official.kind else None,
            "recognised": _recognised(official),
            **_shown(found),
        }
    )


@contextmanager
def _not_too_deep() -> Iterator[None]:
    try:
        yield
    except RecursionError as error:
        raise CorruptDocument("The document is nested too deeply. Save it anew.") from error


def fix(path: Path, arguments: Mapping[str, Any], limits: ReadLimits) -> FileResult:
    """As `check`; gives what was changed, what is left, and the new file if anything changed.

    With `words` false no character of the text is changed.
    """
    with _not_too_deep():
        return _fixed(path, arguments, limits)


def _fixed(path: Path, arguments: Mapping[str, Any], limits: ReadLimits) -> FileResult:
    kind, leave_out = _understood(arguments)
    parts = load(path, limits)
    places = {one.element: one.index for one in understood(parts, kind).paragraphs}
    words = arguments.get("words", True)
    changes: list[dict[str, Any]] = []
    for _ in range(_MOST_ROUNDS):
        official = understood(parts, kind)
        found = list(breaches(official, leave_out))
        mendable = [one for one in found if _may_mend(one, words=words)]
        if not mendable:
            break
        changes += _mend(mendable, places)
    left = list(breaches(understood(parts, kind), leave_out))
    return FileResult(
        {
            "kind": official.kind.value if official.kind else None,
            "changes": changes[:_MOST_FINDINGS],
            "changes_in_all": len(changes),
            **_shown(left),
        },
        parts.written() if changes else None,
    )


def _may_mend(found: Found, *, words: bool) -> bool:
    return found.mend is not None and (words or not isinstance(found.mend, TextEdit))


def _understood(arguments: Mapping[str, Any]) -> tuple[Kind | None, frozenset[str]]:
    kind = arguments.get("kind")
    return Kind(kind) if kind else None, frozenset(arguments.get("leave_out") or ())


def _shown(found: Sequence[Found]) -> dict[str, Any]:
    return {
        "findings": [one.shown() for one in found[:_MOST_FINDINGS]],
        "findings_in_all": len(found),
    }


def _recognised(official: Official) -> list[dict[str, Any]]:
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


def _mend(found: Sequence[Found], places: Mapping[etree._Element, int]) -> list[dict[str, Any]]:
    """Looks first: they leave every offset as it is. Then words, from the end to the start."""
    edits = [one for one in found if isinstance(one.mend, TextEdit)]
    others = [one for one in found if not isinstance(one.mend, TextEdit)]
    edits.sort(key=_from_the_end)
    changes = []
    for one in others:
        if one.mend is not None and not isinstance(one.mend, TextEdit):
            one.mend()
            changes.append(_change(one, places))
    touched: dict[etree._Element, int] = {}
    for one in edits:
        edit = one.mend
        assert isinstance(edit, TextEdit)  # noqa: S101 - chosen above
        element = edit.paragraph.element
        if edit.end > touched.get(element, len(edit.paragraph.text)):
            continue  # It overlaps one that is done: the next round sees what is left of it.
        apply_edit(edit)
        touched[element] = edit.start
        changes.append(_change(one, places))
    return changes


def _from_the_end(found: Found) -> tuple[int, int]:
    assert isinstance(found.mend, TextEdit)  # noqa: S101 - only these are sorted
    return -found.mend.paragraph.index, -found.mend.start


def _change(found: Found, places: Mapping[etree._Element, int]) -> dict[str, Any]:
    shown = found.shown()
    place = shown["place"]
    if found.paragraph is not None:
        # Counted as in the file that came in, whatever was put in or taken out since.
        place["paragraph"] = places.get(found.paragraph.element)
    edit = found.mend if isinstance(found.mend, TextEdit) else None
    return {
        "rule": shown["rule"],
        "clause": shown["clause"],
        "place": place,
        "found": shown["found"],
        "expected": shown["expected"],
        "text_changed": edit is not None,
        "old": edit.paragraph.text[edit.start : edit.end] if edit else None,
        "new": edit.new if edit else None,
    }
