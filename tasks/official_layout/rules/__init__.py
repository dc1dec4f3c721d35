"""All rules, in the order of the standard, and the checks for them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from types import MappingProxyType

from tasks.official_layout.finding import Breach, Rule
from tasks.official_layout.official import OfficialDocument
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
    seal,
    title,
    wording,
)

_GROUPS = (
    page, issue_number, title, recipient, body, headings, attachments, ending, seal,
    page_numbers, punctuation, wording,
)  # fmt: skip
_CHECKS: Sequence[Callable[[OfficialDocument], Iterator[Breach]]] = tuple(
    group.check for group in _GROUPS
)

RULES: Mapping[str, Rule] = MappingProxyType(
    {rule.id: rule for group in _GROUPS for rule in group.RULES}
)


def breaches(official: OfficialDocument, leave_out: Collection[str] = ()) -> Iterator[Breach]:
    """Yields the breaches of all rules but those in `leave_out`, in document order."""
    found = [one for check in _CHECKS for one in check(official) if one.rule.id not in leave_out]
    yield from sorted(found, key=_order)


def _order(found: Breach) -> tuple[int, int]:
    return (found.paragraph.index if found.paragraph is not None else -1, found.start)
