"""Drawings whose outlines may be the characters of a text are named, and icons are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from documents.inventory.nested import ZIP
from documents.readers import html, mail, markdown, text
from tests.unit.documents.inventory.package.test_package import zipped
from tests.unit.documents.inventory.places import entries_of, unread_of, with_parts

GLYPH = "<path d='M4 0V20M0 20h8' fill='none'/>"
REFERENCES = "".join(f"<use href='#g{number % 10}' x='{number}'/>" for number in range(11))
GLYPHS = "".join(f"<symbol id='g{number}'>{GLYPH}</symbol>" for number in range(10))
NUMBERS = {
    "paths": GLYPH * 11,
    "one path": f"<path d='{'M4 0V20' * 11}'/>",
    "references": f"<defs>{GLYPHS}</defs>{REFERENCES}",
    "lines": "<polyline points='0,0 4,9 8,0'/>" * 11,
    "in groups": f"<g><g>{GLYPH * 6}</g></g><g>{GLYPH * 5}</g>",
}
REASON = "outlines that may be text"


def drawing(shapes: str) -> str:
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="90" height="20">{shapes}</svg>'


@pytest.mark.parametrize("shapes", NUMBERS)
def test_outlines_of_a_number_are_named(tmp_path: Path, shapes: str) -> None:
    source = drawing(NUMBERS[shapes])
    page = f"<!doctype html><html><body><p>通知</p>{source}</body></html>"
    message = f"From: a@example.cn\nSubject: a\nContent-Type: text/html\n\n{page}"
    for media_type, data, where in (
        (html.MEDIA_TYPE, page, "drawing"),
        (mail.MEDIA_TYPE, message, "drawing"),
        (text.MEDIA_TYPE, source, "text, drawing"),
        (markdown.MEDIA_TYPE, f"# 通知\n\n{source}", "text, drawing"),
    ):
        entries = entries_of(tmp_path, data.encode(), media_type)
        assert (REASON, where) in unread_of(entries), media_type


def test_a_drawing_in_a_zip_file_is_named(tmp_path: Path) -> None:
    data = with_parts(zipped(), {"a.svg": drawing(NUMBERS["paths"]).encode()})
    assert (REASON, "a.svg > text, drawing") in unread_of(entries_of(tmp_path, data, ZIP))


@pytest.mark.parametrize(
    "body",
    [
        drawing("<path d='M3 3h18v18H3zM8 8l8 8M16 8l-8 8'/>") * 20,
        f"{drawing(GLYPHS)}<p>{drawing(REFERENCES[:25])}</p>" * 20,
        drawing("<rect width='9' height='9'/><text x='1' y='9'>通知</text>" * 20),
    ],
    ids=["icons", "a sheet of icons", "a chart"],
)
def test_icons_and_charts_are_not_named(tmp_path: Path, body: str) -> None:
    assert not unread_of(entries_of(tmp_path, body.encode(), html.MEDIA_TYPE))
