"""A number in OFD is found and masked as it is painted, with other characters between or on it."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pytest

from documents.readers import ofd
from standin.documents.builders import LIMITS, saved
from standin.documents.ofd_builder import SIZE, advance, text_object
from standin.documents.ofd_builder import ofd as ofd_file
from tests.unit.documents.inventory.places import entries_of
from tests.unit.documents.masking.masks import PHONE, masked

WIDE = advance("1", SIZE)
# How the characters between the digits are painted: attributes of the text, and what is in it.
UNSEEN = {
    "transparent object": ('Alpha="0"', ""),
    "not filled": ('Fill="false"', ""),
    "white by a parameter": ('DrawParam="90"', ""),
    "white in gray": ("", '<ofd:FillColor ColorSpace="9" Value="255"/>'),
    "white in CMYK": ("", '<ofd:FillColor ColorSpace="9" Value="0 0 0 0"/>'),
    "white in hexadecimal": ("", '<ofd:FillColor Value="#FF #FF #FF"/>'),
    "narrow": ('HScale="0.01"', ""),
    "clipped": ("", "<ofd:Clips><ofd:Clip/></ofd:Clips>"),
}


def painted(text: str, x: float, attributes: str = "", inner: str = "") -> str:
    written = text_object(text, x, 50, attributes=attributes)
    return written.replace("<ofd:TextCode", f"{inner}<ofd:TextCode")


def one_code(text: str, steps: str) -> str:
    return re.sub('DeltaX="[^"]*"', f'DeltaX="{steps}"', painted(text, 25))


def left_in(data: bytes) -> str:
    """All texts of a file, without spaces."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        parts = [package.read(name).decode() for name in package.namelist() if ".xml" in name]
    return "".join(re.findall(">([^<>]+)</ofd:TextCode", "".join(parts))).replace(" ", "")


def assert_found_and_masked(folder: Path, objects: str, times: int = 1) -> None:
    """A mask keeps seven digits of a mobile, which is drawn `times` times."""
    data = ofd_file([objects])
    texts = [entry.text for entry in entries_of(folder, data, ofd.MEDIA_TYPE)]
    assert any(PHONE in text.replace(" ", "") for text in texts), texts
    file, _ = masked(data, folder)
    digits = re.sub("[^0-8]", "", left_in(file.data))
    assert len(digits) == 7 * times, digits


@pytest.mark.parametrize("unseen", UNSEEN)
def test_characters_that_are_painted_otherwise_are_left_out(tmp_path: Path, unseen: str) -> None:
    objects, x = "", 25.0
    for part in ("138", "1234", "1234"):
        objects += painted(part, x)
        x += len(part) * WIDE
        objects += painted("9", x, *UNSEEN[unseen])
    assert_found_and_masked(tmp_path, objects)


def test_characters_drawn_twice_in_one_code_are_read_once(tmp_path: Path) -> None:
    steps = " ".join(["0.05", f"{WIDE - 0.05:.3f}"] * len(PHONE))
    objects = one_code("".join(2 * digit for digit in PHONE), steps.rpartition(" ")[0])
    document = ofd.read(saved(tmp_path, ofd_file([objects])), LIMITS)
    assert document.text == PHONE
    assert_found_and_masked(tmp_path, objects, 2)


def test_characters_drawn_twice_in_objects_of_their_own_are_read_once(tmp_path: Path) -> None:
    objects = "".join(
        painted(digit, 25 + at * WIDE) + painted(digit, 25.05 + at * WIDE)
        for at, digit in enumerate(PHONE)
    )
    document = ofd.read(saved(tmp_path, ofd_file([objects])), LIMITS)
    assert document.text == PHONE
    assert_found_and_masked(tmp_path, objects, 2)


def test_equal_characters_beside_each_other_are_read_each(tmp_path: Path) -> None:
    word = "11111 aaa 人人"
    document = ofd.read(saved(tmp_path, ofd_file([painted(word, 25)])), LIMITS)
    assert document.text == word
