"""The places in a document that a result names: findings and quotes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Mark:
    """A place that a result names, and why.

    `group` and `code` are a key of the catalogue of texts, or empty. `title` is what the result
    says about it, `clause` the clause of the standard, `note` what it proposes or found, `words`
    what is there. `start` and `end` are offsets into the document's text, `page` counts from 1,
    `box` is in points; each is None where the result does not have it.
    """

    group: str = ""
    code: str = ""
    title: str = ""
    clause: str = ""
    note: str = ""
    words: str = ""
    start: int | None = None
    end: int | None = None
    page: int | None = None
    box: Box | None = None


def marks_of(task: str, result: Mapping[str, Any]) -> Iterator[Mark]:
    """The places in the order of the result. A result of another form gives fewer."""
    return _FINDERS.get(task, _quotes_anywhere)(result)


def members_of(task: str) -> Sequence[str]:
    """The members of a result whose content the marks have."""
    return _MEMBERS.get(task, ())


def _each(result: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
    values = result.get(name)
    for value in values if isinstance(values, list) else ():
        if isinstance(value, dict):
            yield value


def _mark(value: Mapping[str, Any], **fields: str) -> Mark:
    """A mark with the position in `value`."""
    start, end, page, box = (value.get(name) for name in ("start", "end", "page", "box"))
    has_span = isinstance(start, int) and isinstance(end, int) and start <= end
    is_box = isinstance(box, list) and len(box) == 4
    return Mark(
        start=start if has_span else None,
        end=end if has_span else None,
        page=page if isinstance(page, int) else None,
        box=(box[0], box[1], box[2], box[3]) if is_box and box else None,
        **fields,
    )


def _quote(quote: Any, **fields: str) -> Iterator[Mark]:
    if isinstance(quote, dict):
        yield _mark(quote, words=str(quote.get("text", "")), **fields)


def _summarize(result: Mapping[str, Any]) -> Iterator[Mark]:
    for sentence in _each(result, "sentences"):
        for quote in _each(sentence, "quotes"):
            yield from _quote(quote, title=str(sentence.get("text", "")))


def _extract(result: Mapping[str, Any]) -> Iterator[Mark]:
    for evidence in _each(result, "evidence"):
        title = f"{evidence.get('path', '')}: {evidence.get('value')}"
        yield from _quote(evidence.get("quote"), title=title)


def _redact(result: Mapping[str, Any]) -> Iterator[Mark]:
    for finding in _each(result, "findings"):
        yield _mark(
            finding,
            group="kind",
            code=str(finding.get("kind", "")),
            note=str(finding.get("replacement", "")),
        )


def _disclosure_review(result: Mapping[str, Any]) -> Iterator[Mark]:
    for reason in _each(result, "reasons"):
        yield _mark(
            reason,
            group="reason",
            code=str(reason.get("kind", "")),
            title=str(reason.get("where") or ""),
            words=str(reason.get("words", "")),
        )


def _proofread(result: Mapping[str, Any]) -> Iterator[Mark]:
    for name, member in (("edits", "old"), ("remarks", "text")):
        for finding in _each(result, name):
            words, start = str(finding.get(member, "")), finding.get("start")
            end = start + len(words) if isinstance(start, int) else None
            yield _mark(
                {**finding, "end": end},
                group="rule",
                code=str(finding.get("rule", "")),
                title=str(finding.get("reason", "")),
                words=words,
                note=str(finding.get("new", "")),
            )


def _layout(*names: str) -> Callable[[Mapping[str, Any]], Iterator[Mark]]:
    """Findings of the tasks for layout, whose positions are paragraphs with their first words."""

    def find(result: Mapping[str, Any]) -> Iterator[Mark]:
        for name in names:
            for finding in _each(result, name):
                place = finding.get("place")
                place = place if isinstance(place, dict) else {}
                yield Mark(
                    group="layout",
                    code=name,
                    title=str(finding.get("expected", "")),
                    clause=str(finding.get("clause", "")),
                    note=str(finding.get("found", "")),
                    words=str(place.get("words", "")),
                )

    return find


def _compare(result: Mapping[str, Any]) -> Iterator[Mark]:
    for change in _each(result, "changes"):
        kinds, old, new = change.get("kinds"), change.get("old"), change.get("new")
        old, new = old if isinstance(old, dict) else {}, new if isinstance(new, dict) else {}
        yield _mark(
            new,
            group="change",
            code=str(kinds[0]) if isinstance(kinds, list) and kinds else "",
            title=str(new.get("label") or old.get("label") or ""),
            words=str(new.get("text", "")),
            note=str(old.get("text", "")),
        )


def _cite_check(result: Mapping[str, Any]) -> Iterator[Mark]:
    for citation in _each(result, "citations"):
        yield _mark(
            citation,
            group="verdict",
            code=str(citation.get("verdict", "")),
            title=str(citation.get("law") or ""),
            words=str(citation.get("text", "")),
            note=str(citation.get("suggestion") or ""),
        )


def _minutes(result: Mapping[str, Any]) -> Iterator[Mark]:
    for name, title in (("attendees", "name"), ("decisions", "text"), ("tasks", "what")):
        for item in _each(result, name):
            yield from _quote(
                item.get("quote"), group="minutes", code=name, title=str(item.get(title, ""))
            )


def _qa(result: Mapping[str, Any]) -> Iterator[Mark]:
    for answer in _each(result, "answers"):
        for quote in _each(answer, "quotes"):
            yield from _quote(quote, title=str(answer.get("question", "")))


def _nowhere(_: Mapping[str, Any]) -> Iterator[Mark]:
    """For results whose positions are not in the document."""
    return iter(())


def _quotes_anywhere(result: Mapping[str, Any]) -> Iterator[Mark]:
    """The quotes in the result of a department's own task."""
    level: list[tuple[str, Any]] = list(result.items())
    while level:
        deeper: list[tuple[str, Any]] = []
        for name, value in level:
            if isinstance(value, dict) and {"text", "start", "end", "match"} <= value.keys():
                yield from _quote(value, title=name)
            elif isinstance(value, dict):
                deeper += value.items()
            elif isinstance(value, list):
                deeper += [(name, item) for item in value]
        level = deeper


_FINDERS: Mapping[str, Callable[[Mapping[str, Any]], Iterator[Mark]]] = {
    "summarize": _summarize,
    "extract": _extract,
    "redact": _redact,
    "disclosure_review": _disclosure_review,
    "proofread": _proofread,
    "format_check": _layout("findings"),
    "format_fix": _layout("left", "changes"),
    "compare": _compare,
    "cite_check": _cite_check,
    "minutes": _minutes,
    "qa": _qa,
    "parse": _nowhere,
    "translate": _nowhere,
    "draft": _nowhere,
    "classify": _nowhere,
    "dispatch": _nowhere,
}

_MEMBERS: Mapping[str, Sequence[str]] = {
    "summarize": ("sentences",),
    "extract": ("evidence",),
    "redact": ("findings",),
    "disclosure_review": ("reasons",),
    "proofread": ("edits", "remarks"),
    "format_check": ("findings",),
    "format_fix": ("left", "changes"),
    "compare": ("changes",),
    "cite_check": ("citations",),
    "minutes": ("attendees", "decisions", "tasks"),
}
