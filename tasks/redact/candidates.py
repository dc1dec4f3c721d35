"""Lists the words of a document that may be names and are not masked."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from itertools import islice

from documents.document import Document
from tasks.limits import MOST_LISTED
from tasks.redact.finder import Finder, Targets
from tasks.redact.finders.names import possible_names
from tasks.redact.result import PossibleName


def unmasked_names(document: Document, targets: Targets) -> tuple[Sequence[PossibleName], int]:
    """Returns the words in order, at most `MOST_LISTED`, and how many more there are."""
    masked = [(one.start, one.end) for one in Finder(targets).find(document.text)]
    found = [span for span in possible_names(document.text) if not _touches(span, masked)]
    listed = [
        PossibleName(
            text=document.text[start:end],
            start=start,
            end=end,
            page=document.page_at(start) if document.pages else None,
        )
        for start, end in islice(found, MOST_LISTED)
    ]
    return listed, len(found) - len(listed)


def _touches(span: tuple[int, int], masked: Sequence[tuple[int, int]]) -> bool:
    at = bisect_left(masked, span[1], key=lambda one: one[0])
    return at > 0 and masked[at - 1][1] > span[0]
