"""The pictures in the documentation are shown somewhere, and small."""

from __future__ import annotations

from tests.unit.test_doc_links import PAGES, ROOT

MOST_BYTES = 150_000


def test_every_picture_is_in_a_page_and_small() -> None:
    text = "\n".join(page.read_text() for page in PAGES)
    for picture in (ROOT / "docs" / "images").iterdir():
        assert f"images/{picture.name}" in text
        assert picture.stat().st_size < MOST_BYTES, picture.name
