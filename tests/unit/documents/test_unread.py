"""The list of what a reader left out."""

from __future__ import annotations

from documents.document import Seal
from documents.draft import MOST_UNREAD, Draft
from documents.limits import ReadLimits


def test_each_kind_is_listed_also_after_many_others() -> None:
    draft = Draft(ReadLimits(1_000, 10))
    draft.add("body")
    for number in range(MOST_UNREAD + 2):
        draft.leave_out("formula", f"A{number}", "no value")
    draft.leave_out("font", "page 1", "no mapping")
    draft.leave_out("font", "page 2", "no mapping")
    *_, formula, font, more = draft.finish("text/plain").unread
    assert (formula.where, font.what, font.where) == ("A499", "font", "page 1")
    assert (more.what, more.reason) == ("more", "3 more places are not listed")


def test_what_is_not_read_is_listed_by_page() -> None:
    # Two pages are read side by side: the first notes its seal after the second its drawing.
    draft = Draft(ReadLimits(1_000, 10))
    draft.add("text", page=1)
    draft.leave_out("attachment", "a.docx", "a file attached to a PDF")
    draft.leave_out("drawing", "page 2", "a drawing on the page", page=2)
    draft.add_seal(Seal("round", "", 1, hides_text=True))
    unread = draft.finish("application/pdf").unread
    assert [(one.what, one.page) for one in unread] == [
        ("text", 1),
        ("drawing", 2),
        ("attachment", None),
    ]
