"""Pictures of pages for people."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from documents.errors import CorruptDocument, DocumentError, UnsupportedDocument
from documents.limits import ReadLimits
from documents.page_picture import MEDIA_TYPES, page_picture, word_boxes
from documents.source import FileResult
from jobs.reading.reading import PICTURED
from standin.documents.builders import as_pdf, drawn_pdf, saved

LIMITS = ReadLimits(100_000, 100)
PDF = "application/pdf"


def picture_of(path: Path, media_type: str, page: int = 1) -> FileResult:
    return page_picture(path, {"media_type": media_type, "page": page}, LIMITS)


def test_a_page_of_a_pdf_is_a_png_with_its_size_in_points(tmp_path: Path) -> None:
    result = picture_of(saved(tmp_path, as_pdf(breaks=True)), PDF, 2)
    assert (round(result.values["width"]), round(result.values["height"])) == (595, 842)
    assert result.values["pages"] >= 2
    with Image.open(io.BytesIO(result.file)) as picture:
        assert picture.format == "PNG"
        assert max(picture.size) == 1600


def test_a_picture_is_shown_in_the_coordinates_of_its_blocks(tmp_path: Path) -> None:
    data = io.BytesIO()
    Image.new("L", (400, 200), 255).save(data, "PNG", dpi=(144, 144))
    result = picture_of(saved(tmp_path, data.getvalue()), "image/png")
    assert (round(result.values["width"]), round(result.values["height"])) == (200, 100)


def test_words_on_a_page_have_the_boxes_of_their_lines(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.drawString(72, 742, "call 13800138000 or 13800138000")

    path = saved(tmp_path, drawn_pdf(draw))
    height = picture_of(path, PDF).values["height"]
    line = (60, height - 760, 400, height - 730)
    places = [("13800138000", line)] * 2 + [("nothing", line), ("", line)]
    places.append(("13800138000", (60, 0, 400, height - 760)))
    (first,), (second,), *others = word_boxes(path, {"page": 1, "places": places}, LIMITS).values[
        "boxes"
    ]
    assert others == [[], [], []]
    assert first[2] <= second[0]
    assert first[1] < height - 742 < first[3] + 5
    assert 40 < first[2] - first[0] < 90


@pytest.mark.parametrize("page", [0, -1, 99])
def test_a_page_that_does_not_exist_is_an_error(tmp_path: Path, page: int) -> None:
    with pytest.raises(CorruptDocument):
        picture_of(saved(tmp_path, as_pdf()), PDF, page)


def test_damaged_and_other_files_are_errors(tmp_path: Path) -> None:
    with pytest.raises(DocumentError):
        picture_of(saved(tmp_path, b"%PDF-1.7 nothing"), PDF)
    with pytest.raises(DocumentError):
        picture_of(saved(tmp_path, b"nothing"), "image/png")
    with pytest.raises(UnsupportedDocument):
        picture_of(saved(tmp_path, b"Text."), "text/plain")


def test_the_api_knows_the_formats_without_loading_the_readers() -> None:
    assert PICTURED == MEDIA_TYPES
