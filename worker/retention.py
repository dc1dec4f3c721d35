"""Removes what has been kept for its time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from jobs.ledger import Ledger
from jobs.store import Store


async def remove_expired(
    ledger: Ledger, store: Store, must_stop: Callable[[], bool]
) -> Mapping[str, int]:
    """Remove all that has expired, some hundreds of each kind in a step, with its bytes.

    Returns how many `jobs`, `documents` and `files` were removed, without kinds of which none was.
    Ends after a step if `must_stop` says so; the others are removed the next time.
    """
    removed = Counter[str]()
    more = True
    while more and not must_stop():
        pruned = await ledger.upkeep.prune()
        for blob in pruned.blobs:
            await store.delete(blob)
        removed += Counter(jobs=pruned.jobs, documents=pruned.documents, files=pruned.files)
        more = pruned.more
    return removed
