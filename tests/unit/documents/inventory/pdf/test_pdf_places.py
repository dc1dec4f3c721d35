"""The inventory of a PDF lists what any of its places holds, or names the place as unread."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from documents.inventory.entry import EntryKind
from documents.inventory.walk import inventory
from documents.readers import pdf
from standin.documents.builders import LIMITS, saved
from standin.documents.pdf_places import PLACES
from standin.documents.pdf_places.page import blank, saved_pdf

VALUE = "13812341234"
# Text in pictures is not read here.
UNREAD = {
    "comment in a JPEG": "picture",
    "bytes after an image": "picture",
}


@pytest.mark.parametrize("place", PLACES)
def test_a_value_in_any_place_is_listed_or_the_place_is_named(tmp_path: Path, place: str) -> None:
    entries = list(inventory(saved(tmp_path, PLACES[place](VALUE)), pdf.MEDIA_TYPE, LIMITS))
    found = [entry for entry in entries if VALUE in re.sub(r"[\s\-]", "", entry.text)]
    unread = {entry.reason for entry in entries if entry.kind is EntryKind.unread}
    assert found or unread == {UNREAD.get(place)}, entries
    assert all(entry.where for entry in entries)


def test_a_plain_page_has_nothing_but_its_text(tmp_path: Path) -> None:
    entries = list(inventory(saved(tmp_path, saved_pdf(blank())), pdf.MEDIA_TYPE, LIMITS))
    assert [(entry.where, entry.text) for entry in entries] == [("page 1", "Public text")]
