"""No part of a document is taken for the whole."""

from __future__ import annotations

from documents.document import Document
from documents.errors import PagesUnread

_NAMED_PAGES = 5


def refuse_unread(document: Document) -> None:
    """Raises `PagesUnread` where the document has pages that nobody read."""
    pages = document.unread_pages
    if not pages:
        return
    more = "…" if len(pages) > _NAMED_PAGES else ""
    raise PagesUnread(
        f"{len(pages):,} of {document.pages or 0:,} pages are pictures and were not read: "
        f"{', '.join(map(str, pages[:_NAMED_PAGES]))}{more}. "
        "Split the document, or leave them out; `parse` gives what could be read."
    )
