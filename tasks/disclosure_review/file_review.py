"""Finds the reasons not to publish a file in its inventory. Runs in a reading process.

Listed in `tasks.file_work` as `disclosure_review`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from documents.document import Document
from documents.inventory.entry import Entry, EntryKind
from documents.inventory.joined import JoinedEntries, joined
from documents.inventory.walk import inventory
from documents.limits import ReadLimits
from documents.source import FileResult
from tasks.disclosure_review.reasons import Reason, personal, worded
from tasks.limits import MOST_LISTED
from tasks.redact.masker import Masker
from tasks.secrecy import Marking, highest
from tasks.secrecy.files import marking_of_entry

_MOST_UNREAD = 500
# Places whose reasons are listed even if the document's text has the same words.
_OUTSIDE = frozenset((EntryKind.metadata, EntryKind.name))


def review_file(path: Path, arguments: Mapping[str, Any], limits: ReadLimits) -> FileResult:
    """Search everything in a file.

    `arguments`: `media_type`, and `masker` (a `Masker` as JSON). Returns `reasons` as JSON, each
    with whether it is `outside` the text; `level`, the secrecy level, or null; `unread`, the parts
    that were not read, with personal data masked; and `not_listed`, how many more there are of
    these. Raises a `DocumentError`.
    """
    review = _FileReview(Masker.from_json(arguments["masker"]))
    review.search(inventory(path, arguments["media_type"], limits))
    return FileResult(
        {
            "reasons": review.reasons,
            "level": review.marking.level.value if review.marking else None,
            "unread": list(review.unread)[:_MOST_UNREAD],
            "not_listed": max(0, len(review.unread) - _MOST_UNREAD),
        }
    )


class _FileReview:
    def __init__(self, masker: Masker) -> None:
        self._masker = masker
        self._found: set[tuple[str, ...]] = set()
        self.reasons: list[dict[str, Any]] = []
        self.marking: Marking | None = None
        self.unread: dict[str, None] = {}

    def search(self, entries: Iterable[Entry]) -> None:
        for batch in joined(self._with_text(entries)):
            for one in self._reasons(batch):
                self._add(one, batch.at(one.start or 0))

    def _with_text(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """Looks for markings, and keeps what was not read."""
        for entry in entries:
            if entry.kind is EntryKind.unread:
                name = f"{entry.reason}: {entry.where}" if entry.where else entry.reason
                self.unread[self._masker.mask(name)] = None
            elif entry.kind is not EntryKind.setting:
                self.marking = highest((self.marking, marking_of_entry(entry)))
                yield entry

    def _reasons(self, batch: JoinedEntries[Entry]) -> Iterator[Reason]:
        document = Document(batch.text, (), "text/plain")
        yield from personal(document, self._masker.changes(batch.text))
        for one in worded(document):
            # A line of its own means something only in the text of a part.
            entry = batch.at(one.start or 0)
            if entry.whole or entry.kind is EntryKind.metadata:
                yield one

    def _add(self, reason: Reason, entry: Entry) -> None:
        is_outside = entry.kind in _OUTSIDE
        key = (reason.rule, reason.words, entry.where if is_outside else "")
        if key not in self._found and len(self.reasons) < MOST_LISTED:
            self._found.add(key)
            where = self._masker.mask(entry.where)
            found = reason.model_copy(update={"start": None, "end": None, "where": where})
            self.reasons.append({**found.model_dump(mode="json"), "outside": is_outside})
