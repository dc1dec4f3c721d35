"""The texts of a PDF's pages as entries of the inventory."""

from __future__ import annotations

from collections.abc import Container, Iterator

from documents.inventory.entry import Entry, EntryKind
from documents.inventory.pdf.pages import PageTexts
from documents.inventory.pdf.views import PAGE_END

_ACROSS = 120  # characters on each side of a page break


def entries_of_pages(texts: PageTexts, only: Container[int] | None = None) -> Iterator[Entry]:
    """Yield the text of each page in each view of it, and the text around each page break.

    `only` are the numbers of pages, from 0, if not of all pages.
    """
    wanted: Container[int] = range(len(texts.layers)) if only is None else only
    listed: set[tuple[int, str]] = set()
    for view in texts.views():
        pages = view.text.split(PAGE_END)
        for number, text in enumerate(pages):
            if number in wanted and text.strip() and (number, text) not in listed:
                listed.add((number, text))
                yield Entry(f"page {number + 1}", text, EntryKind.shown, whole=True)
        for number in range(1, len(pages) - 1):
            if number not in wanted and number - 1 not in wanted:
                continue
            across = f"{pages[number - 1][-_ACROSS:].rstrip()}\n{pages[number][:_ACROSS].lstrip()}"
            if across.strip() and (-number, across) not in listed:
                listed.add((-number, across))
                where = f"pages {number} and {number + 1}"
                yield Entry(where, across, EntryKind.shown, whole=True)
