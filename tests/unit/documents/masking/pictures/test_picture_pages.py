"""Pages of a PDF that are pictures, with invisible text."""

from __future__ import annotations

import io

import numpy as np
import pikepdf
import pypdfium2 as pdfium
import pytest
from PIL import Image, ImageDraw

from documents.masking.pictures.pages import PicturePages
from documents.masking.pictures.painted_picture import TextLine

SIZE = (500.0, 700.0)


def built(*pages: tuple[Image.Image, list[TextLine]]) -> bytes:
    with pikepdf.new() as pdf:
        written = PicturePages(pdf)
        for picture, lines in pages:
            written.add(picture, SIZE, lines)
        written.finish()
        file = io.BytesIO()
        pdf.save(file)
        return file.getvalue()


def page(mode: str = "L") -> Image.Image:
    picture = Image.new("L", (1000, 1400), 255)
    ImageDraw.Draw(picture).rectangle((200, 300, 400, 500), fill=0)
    return picture.convert(mode)


@pytest.mark.parametrize("mode", ["1", "L", "RGB"])
def test_the_page_shows_the_picture(mode: str) -> None:
    with pdfium.PdfDocument(built((page(mode), []))) as document:
        assert document[0].get_size() == SIZE
        shown = np.asarray(document[0].render(scale=2).to_pil().convert("L")).astype(int)
    assert abs(shown - np.asarray(page())).mean() < 1


def test_the_text_is_in_its_boxes_and_is_not_visible() -> None:
    line = TextLine("电话138****1234 call", (100, 200, 900, 240))
    with pdfium.PdfDocument(built((Image.new("L", (1000, 1400), 255), [line]))) as document:
        text = document[0].get_textpage()
        assert text.get_text_range() == line.text
        left, _, _, top = text.get_charbox(0, loose=True)
        _, bottom, right, _ = text.get_charbox(len(line.text) - 1, loose=True)
        assert (2 * left, 1400 - 2 * top) == pytest.approx((100, 200), abs=4)
        assert (2 * right, 1400 - 2 * bottom) == pytest.approx((900, 240), abs=4)
        assert document[0].render(scale=1).to_pil().convert("L").getextrema() == (255, 255)


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_text_in_any_direction_stays_in_its_box(turns: int) -> None:
    box = (100, 200, 900, 240) if turns % 2 == 0 else (100, 200, 140, 1000)
    with pdfium.PdfDocument(built((page(), [TextLine("abcdefgh", box, turns)]))) as document:
        text = document[0].get_textpage()
        assert text.count_chars() == 8
        boxes = [text.get_charbox(at, loose=True) for at in range(8)]
    found = (
        2 * min(one[0] for one in boxes), 1400 - 2 * max(one[3] for one in boxes),
        2 * max(one[2] for one in boxes), 1400 - 2 * min(one[1] for one in boxes),
    )  # fmt: skip
    assert found == pytest.approx(box, abs=10)


def test_pages_share_one_font_and_rare_characters_keep_their_codes() -> None:
    file = built(*((page(), [TextLine(f"第{at}页𠮷", (100, 200, 900, 240))]) for at in range(3)))
    with pikepdf.open(io.BytesIO(file)) as document:
        fonts = [one.Resources.Font["/F0"] for one in document.pages]
        assert len({font.objgen for font in fonts}) == 1
        # PDFium's substitute for a missing font depends on what was opened before.
        assert "/FontFile2" in fonts[0].DescendantFonts[0].FontDescriptor
        meanings = fonts[0].ToUnicode.read_bytes().decode().lower()
        assert "𠮷".encode("utf-16-be").hex() in meanings
        assert document.check_pdf_syntax() == []
