"""Refuses documents with unread pages, so that no result is based on a part of a document."""

from __future__ import annotations

from documents.document import Document
from documents.errors import PagesUnread

_LISTED_PAGES = 5


def refuse_unread(document: Document) -> None:
    """Raises `PagesUnread` if the document has pages that could not be read."""
    pages = document.unread_pages
    if not pages:
        return
    more = "…" if len(pages) > _LISTED_PAGES else ""
    raise PagesUnread(
        f"{len(pages):,} of {document.pages or 0:,} pages are images and were not read: "
        f"{', '.join(map(str, pages[:_LISTED_PAGES]))}{more}. "
        "Remove these pages, or use `parse`, which returns the text of the others."
    )
