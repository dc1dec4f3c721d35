"""What a font draws is masked as well as what its map says."""

from __future__ import annotations

import io
from pathlib import Path

import pikepdf
import pypdfium2 as pdfium
import pytest
from PIL import Image

from documents.inventory.entry import Unread
from documents.masking.account import Account
from documents.masking.pdf.file import mask_pdf
from standin.documents.builders import LIMITS, saved
from standin.documents.pdf_places.page import blank, saved_pdf
from standin.documents.wrong_maps import WRONG_MAPS, as_copied
from tasks.redact.finder import RULES, Targets
from tasks.redact.masker import Masker, Style
from tests.unit.documents.masking.pdf.pdf_bytes import readable

PHONE = "13812341234"
TARGETS = Targets(frozenset(RULES), [as_copied("987654")])
MASKING = Masker(TARGETS, Style()).masking()


def masked(folder: Path, data: bytes) -> tuple[bytes, Account]:
    account = Account()
    return mask_pdf(saved(folder, data), MASKING, LIMITS, account).data, account


def row(file: bytes, line: float) -> Image.Image:
    """A line of the first page, at a height in points, as a strip of it."""
    with pdfium.PdfDocument(file) as document:
        page: Image.Image = document[0].render(scale=2).to_pil().convert("L")
        at = page.height - round(2 * line)
        return page.crop((0, at - 12, page.width, at))


def black(picture: Image.Image) -> int:
    return sum(picture.histogram()[:60])


@pytest.mark.parametrize("kind", WRONG_MAPS)
def test_a_number_that_the_map_hides_is_masked(tmp_path: Path, kind: str) -> None:
    file, account = masked(tmp_path, WRONG_MAPS[kind](PHONE))
    assert account.masked == {("page 1", "mobile"): 1}
    assert (Unread.contradicted_text.value, "page 1") in account.uncovered
    assert [(part, kind) for part, kind, _ in account.boxes] == [("page 1", "mobile")]
    assert as_copied(PHONE) not in readable(file)
    with pikepdf.open(io.BytesIO(file)) as pdf:
        assert "/Im0" in pdf.pages[0].resources.XObject


def test_the_number_is_painted_over(tmp_path: Path) -> None:
    data = WRONG_MAPS["standard font"](PHONE)
    file, _ = masked(tmp_path, data)
    # A box over the whole number: the ink of digits is less than half of it.
    assert black(row(file, 660)) > 2 * black(row(data, 660))
    assert abs(black(row(file, 700)) - black(row(data, 700))) < 200


def test_a_term_that_only_the_map_has_is_masked(tmp_path: Path) -> None:
    _, account = masked(tmp_path, WRONG_MAPS["standard font"]("987654"))
    assert account.masked == {("page 1", "term"): 1}


def test_a_number_that_both_texts_have_is_counted_once(tmp_path: Path) -> None:
    with pikepdf.open(io.BytesIO(WRONG_MAPS["standard font"]("555"))) as pdf:
        content = pdf.pages[0].Contents.read_bytes()
        shown = f"BT /F1 12 Tf 72 770 Td ({PHONE}) Tj ET ".encode()
        pdf.pages[0].Contents = pdf.make_stream(shown + content)
        _, account = masked(tmp_path, saved_pdf(pdf))
    assert account.masked == {("page 1", "mobile"): 1}
    assert len(account.boxes) == 1


@pytest.mark.parametrize("actual", [PHONE, "Public text"])
@pytest.mark.parametrize("drawn", [PHONE, "Public text"])
def test_an_alternative_text_does_not_hide_what_is_drawn(
    tmp_path: Path, actual: str, drawn: str
) -> None:
    span = f"/Span << /ActualText ({actual}) >> BDC ({drawn}) Tj EMC"
    data = saved_pdf(blank(f"BT /F1 12 Tf 72 700 Td {span} ET"))
    file, account = masked(tmp_path, data)
    assert PHONE not in readable(file)
    if drawn == PHONE:
        assert account.masked == {("page 1", "mobile"): 1}
        assert black(row(file, 700)) > 2 * black(row(data, 700))
