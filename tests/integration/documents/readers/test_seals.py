"""A seal on a scan is listed with its text, and hides none of the text beneath it."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from bench.quality.pages import NoFont, find_font
from bench.quality.seal_pages import SealedPage, sealed_pages
from documents.limits import OcrBudget
from documents.masking.pictures.painted_picture import paint
from documents.read import read
from tasks.redact.finder import RULES, Targets
from tasks.redact.masker import Masker, Style
from tests.unit.documents.readers.pages import SCANS

OVAL = 4  # of the pages that are drawn


@pytest.fixture(scope="module")
def page() -> SealedPage:
    try:
        return sealed_pages(OVAL + 1, find_font())[OVAL]
    except NoFont as error:
        pytest.skip(str(error))


def test_a_seal_is_listed_and_the_text_beneath_it_is_read(page: SealedPage, tmp_path: Path) -> None:
    path = tmp_path / "page.png"
    page.picture.save(path, dpi=(page.dots, page.dots))
    document = read(path, SCANS)
    assert all(line in "".join(document.text.split()) for line, _ in page.beneath)
    (seal,) = document.seals
    assert (seal.shape, seal.page) == ("oval", 1)
    assert seal.text.split("\n") == [page.seal.text, page.seal.lower]
    assert seal.box == pytest.approx(page.seal.box, abs=12)
    assert (seal.confidence or 0) > 0.8


def test_a_seal_on_a_black_and_white_scan_is_listed_with_the_text_that_it_hides(
    page: SealedPage, tmp_path: Path
) -> None:
    scan = page.picture.convert("L").point(lambda tone: 255 * (tone > 180)).convert("1")
    path = tmp_path / "page.png"
    scan.save(path, dpi=(page.dots, page.dots))
    document = read(path, SCANS)
    (seal,) = document.seals
    assert (seal.shape, seal.page, seal.hides_text) == ("oval", 1, True)
    assert seal.box == pytest.approx(page.seal.box, abs=12)
    (unread,) = document.unread
    assert (unread.what, unread.page, unread.box) == ("text", 1, seal.box)
    result = paint(scan, Masker(Targets(frozenset(RULES), []), Style()).masking(), OcrBudget(SCANS))
    across = (page.seal.box[2] - page.seal.box[0]) * page.dots / 72
    assert any(right - left >= across for left, _, right, _ in result.unclear)


def test_a_seal_whose_text_is_masked_is_covered(page: SealedPage) -> None:
    masking = Masker(Targets(frozenset(RULES), [page.seal.lower]), Style()).masking()
    scale = page.dots / 72
    left, top, right, bottom = (round(edge * scale) for edge in page.seal.box)
    area = page.picture.crop((left - 40, top - 40, right + 40, bottom + 40))
    around = Image.new("RGB", (area.width + 400, area.height + 400), (250, 249, 246))
    around.paste(area, (200, 200))
    result = paint(around, masking, OcrBudget(SCANS))
    assert len(result.findings) == 1
    inside = (260, 260, around.width - 260, around.height - 260)
    assert result.picture.crop(inside).getextrema() == ((0, 0),) * 3
