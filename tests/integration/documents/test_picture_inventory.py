"""The inventory of a picture has the text that OCR reads."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import Path

from PIL import Image, ImageDraw, ImageOps

from documents.inventory.entry import Entry, EntryKind
from documents.inventory.nested import ZIP
from documents.inventory.walk import inventory
from documents.readers import pictures
from standin.documents.builders import saved
from tests.unit.documents.readers.pages import NOTICE, SCANS, drawn, saved_picture

WORDS = "".join("".join(NOTICE).split())


def unread(found: list[Entry]) -> list[tuple[str, str]]:
    return [(one.where, one.reason) for one in found if one.kind is EntryKind.unread]


def shown(found: list[Entry]) -> list[str]:
    return ["".join(one.text.split()) for one in found if one.whole]


def test_a_picture_that_ocr_read_has_nothing_unread(tmp_path: Path) -> None:
    path = saved_picture(tmp_path, drawn(), "PNG")
    found = list(inventory(path, pictures.PNG, SCANS))
    assert shown(found) == [WORDS]
    assert unread(found) == []
    assert unread(list(inventory(path, pictures.PNG, replace(SCANS, ocr_pages=0)))) == [
        ("", "picture")
    ]


def test_text_in_the_alpha_channel_only_is_read(tmp_path: Path) -> None:
    page = Image.new("RGB", (600, 200), "white")
    page.putalpha(ImageOps.invert(drawn()))
    found = list(inventory(saved_picture(tmp_path, page, "PNG"), pictures.PNG, SCANS))
    assert shown(found) == [WORDS]
    assert unread(found) == []


def test_text_that_ocr_did_not_read_with_confidence_is_named(tmp_path: Path) -> None:
    page = drawn([*NOTICE, "", ""])
    hand = [(60, 210), (90, 170), (110, 225), (150, 175), (165, 220), (200, 180), (230, 222)]
    ImageDraw.Draw(page).line(hand, fill=0, width=4)
    found = list(inventory(saved_picture(tmp_path, page, "PNG"), pictures.PNG, SCANS))
    assert unread(found) == [("", "text in a picture that OCR could not read with confidence")]


def test_all_pictures_of_a_file_share_the_limit_of_ocr(tmp_path: Path) -> None:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as packed:
        for number in range(3):
            picture = io.BytesIO()
            drawn((f"Picture number {number}",)).save(picture, "PNG")
            packed.writestr(f"{number}.png", picture.getvalue())
        blank = io.BytesIO()
        Image.new("RGB", (90, 90), "white").save(blank, "PNG")
        packed.writestr("blank.png", blank.getvalue())
    path = saved(tmp_path, written.getvalue())
    found = list(inventory(path, ZIP, replace(SCANS, ocr_pages=2)))
    assert shown(found) == ["Picturenumber0", "Picturenumber1"]
    assert unread(found) == [("2.png", "picture")]
