"""Every rule, in the order of the standard, and the checks that find breaches of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from types import MappingProxyType

from tasks.official_layout.finding import Found, Rule
from tasks.official_layout.official import Official
from tasks.official_layout.rules import (
    attachments,
    body,
    ending,
    headings,
    issue_number,
    page,
    page_numbers,
    punctuation,
    recipient,
    title,
    wording,
)

_GROUPS = (
    page, issue_number, title, recipient, body, headings, attachments, ending, page_numbers,
    punctuation, wording,
)  # fmt: skip
_CHECKS: Sequence[Callable[[Official], Iterator[Found]]] = tuple(group.check for group in _GROUPS)

RULES: Mapping[str, Rule] = MappingProxyType(
    {rule.id: rule for group in _GROUPS for rule in group.RULES}
)


def breaches(official: Official, leave_out: Collection[str] = ()) -> Iterator[Found]:
    """What breaks a rule, except those that are left out, in the order of the document."""
    found = [one for check in _CHECKS for one in check(official) if one.rule.id not in leave_out]
    yield from sorted(found, key=_place)


def _place(found: Found) -> tuple[int, int]:
    return (found.paragraph.index if found.paragraph is not None else -1, found.start)
