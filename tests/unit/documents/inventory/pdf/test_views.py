"""The characters of PDFium's codes, and where each came from."""

from __future__ import annotations

from array import array
from pathlib import Path

import pypdfium2 as pdfium
import pytest

from documents.inventory.pdf.pages import PageTexts
from documents.inventory.pdf.views import Characters
from standin.documents.builders import LIMITS
from standin.documents.pdf_places.page import blank, saved_pdf


def characters(codes: list[int]) -> Characters:
    return Characters(array("I", codes), array("f", [0.0] * 4 * len(codes)), [0], bytes(len(codes)))


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ([0x41, 0x0D, 0x0A, 0x4E2D], [("A", 0), ("\n", 2), ("\u4e2d", 3)]),
        ([0x02, 0xFFFE, 0xF041], [("-", 0), ("-", 1), ("A", 2)]),
        ([0, 0x110000, 0xFFFD], [("\ufffd", 0), ("\ufffd", 1), ("\ufffd", 2)]),
        # The two halves of a pair are one character; a half alone has no meaning.
        ([0x41, 0xD842, 0xDFB7, 0x0D, 0x42], [("A", 0), ("\U00020bb7", 1), ("B", 4)]),
        ([0xD842, 0x41, 0xDFB7], [("\ufffd", 0), ("A", 1), ("\ufffd", 2)]),
        ([0x41, 0xD842], [("A", 0), ("\ufffd", 1)]),
    ],
)
def test_codes_become_characters_with_their_indexes(
    codes: list[int], expected: list[tuple[str, int]]
) -> None:
    found = characters(codes)
    every = range(len(codes))
    assert list(found.decoded(every)) == expected
    assert found.text(every) == "".join(char for char, _ in expected)


def test_a_part_of_the_codes_keeps_its_indexes() -> None:
    assert list(characters([0x41, 0x42, 0x43]).decoded(range(1, 3))) == [("B", 1), ("C", 2)]


@pytest.mark.parametrize("rise", [3, 5, 7, 9])
def test_raised_characters_are_on_the_line_of_those_beside_them(tmp_path: Path, rise: int) -> None:
    digits = "".join(f" {rise * (at % 2)} Ts ({at}) Tj" for at in range(8))
    data = saved_pdf(blank(f"BT /F1 12 Tf 72 700 Td (No) Tj{digits} 0 Ts 0 -14 Td (next) Tj ET"))
    with pdfium.PdfDocument(data) as document:
        found = [view.text for view in PageTexts(document, LIMITS).views()]
    assert any("No01234567" in text for text in found)
    # A line that begins below is a line of its own.
    assert not any("7next" in text for text in found)
