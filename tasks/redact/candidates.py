"""Lists the words of a document that may be names and are not masked."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from documents.document import Document
from tasks.limits import MOST_LISTED
from tasks.redact.finder import Finder, Targets
from tasks.redact.finders.names import possible_names
from tasks.redact.kinds import Kind
from tasks.redact.result import PossibleName


def unmasked_names(
    document: Document, spans: Sequence[tuple[int, int]], words: Mapping[Kind, Sequence[str]]
) -> tuple[Sequence[PossibleName], int]:
    """Returns the words in order, at most `MOST_LISTED`, and how many more there are.

    A word is masked if it touches one of `spans`, which are masked in the document's text, or one
    of `words`, which are masked in its file.
    """
    known = Finder(Targets(frozenset(), words=words)).find(document.text)
    masked = _joined([*spans, *((one.start, one.end) for one in known)])
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


def _joined(spans: Iterable[tuple[int, int]]) -> Sequence[tuple[int, int]]:
    """The spans in order, those that overlap as one."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start < joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return joined


def _touches(span: tuple[int, int], masked: Sequence[tuple[int, int]]) -> bool:
    at = bisect_left(masked, span[1], key=lambda one: one[0])
    return at > 0 and masked[at - 1][1] > span[0]
