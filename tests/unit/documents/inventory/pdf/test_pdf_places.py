"""The inventory of a PDF lists what any of its places holds, or names the place as unread."""

from __future__ import annotations

import re
from pathlib import Path

import pikepdf
import pytest

from documents.inventory.entry import EntryKind, Unread
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


@pytest.mark.parametrize("in_stream", [False, True])
@pytest.mark.parametrize(
    ("script", "is_named"), [("app.alert(a.split('').reverse())", True), ("this.print(1);", False)]
)
def test_a_script_that_makes_texts_is_named(
    tmp_path: Path, script: str, *, is_named: bool, in_stream: bool
) -> None:
    document = blank()
    data = script.encode()
    code = document.make_stream(data) if in_stream else pikepdf.String(data)
    document.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=code)
    entries = list(inventory(saved(tmp_path, saved_pdf(document)), pdf.MEDIA_TYPE, LIMITS))
    named = {entry.reason for entry in entries if entry.kind is EntryKind.unread}
    assert named == ({Unread.program.value} if is_named else set())


def test_items_of_a_list_in_metadata_are_listed_as_one(tmp_path: Path) -> None:
    document = blank()
    items = "".join(f"\n  <rdf:li>{part}</rdf:li>" for part in ("138", "1234", "1234"))
    xmp = (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description>'
        f"<rdf:Bag>{items}</rdf:Bag></rdf:Description></rdf:RDF>"
    )
    document.Root.Metadata = document.make_stream(xmp.encode(), Type=pikepdf.Name.Metadata)
    entries = list(inventory(saved(tmp_path, saved_pdf(document)), pdf.MEDIA_TYPE, LIMITS))
    assert VALUE in {entry.text for entry in entries}
