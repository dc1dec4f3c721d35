"""Reads pages ahead: OCR of the next pages has begun while a page is added to the draft."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

Finish = Callable[[], None]
"""Waits for what has begun of a page, and adds the page to the draft."""


def finish_in_order(pages: Iterable[Finish], threads: int) -> None:
    """Add pages in their order.

    With several threads, one page more than there are threads has begun at a time: a thread that
    ends its page finds the next one rendered, and searches it for lines while another thread reads
    lines. With one thread, a page begins when the one before has been added.

    `pages` begins a page before it yields it. After an error, no page begins, and those that have
    begun are finished, so that nothing of this document goes on beside the next one. The error of
    the first page that has one is raised, with a note for the error of each later page.
    """
    most = threads + 1 if threads > 1 else 1
    waiting: deque[Finish] = deque()
    errors: list[Exception] = []

    def finish_first() -> None:
        try:
            waiting.popleft()()
        except Exception as error:  # noqa: BLE001 - raised when no page is being read
            errors.append(error)

    at_begin: list[Exception] = []
    try:
        for finish in pages:
            waiting.append(finish)
            if len(waiting) == most:
                finish_first()
            if errors:
                break
    except Exception as error:  # noqa: BLE001 - raised after those of the pages before
        at_begin.append(error)
    while waiting:
        finish_first()
    _raise_first([*errors, *at_begin])


def _raise_first(errors: list[Exception]) -> None:
    if not errors:
        return
    first, *others = errors
    for error in others:
        # Two pages that show the same picture have one error.
        if error is not first:
            first.add_note(f"A later page could not be read either: {error!r}")
    raise first
