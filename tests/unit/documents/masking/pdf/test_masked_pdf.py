"""A masked PDF contains no masked text, and keeps the text of pages without findings."""

from __future__ import annotations

import io
import zlib
from pathlib import Path

import pikepdf
import pypdfium2 as pdfium
import pypdfium2.raw as c
import pytest
from PIL import Image, ImageStat
from reportlab.pdfgen.canvas import Canvas

from bench.quality.leaks.search import found_in
from documents.errors import CorruptDocument, DocumentTooLong
from documents.limits import ReadLimits
from documents.masking.account import Account
from documents.masking.pdf.file import mask_pdf
from standin.documents.builders import LIMITS, PARAGRAPH, as_pdf, drawn_pdf, saved
from standin.documents.pdf_places import PLACES
from tasks.redact.finder import RULES, Targets
from tasks.redact.masker import Masker, Style

PHONE, OTHER = "13812341234", "13900005678"
MASKER = Masker(Targets(frozenset(RULES)), Style())
PAGES = [
    (PARAGRAPH, f"第一页电话{PHONE}。"),
    (PARAGRAPH, "第二页没有号码。"),
    (PARAGRAPH, "第三页。"),
]


def masked(folder: Path, data: bytes, limits: ReadLimits = LIMITS) -> tuple[bytes, Account]:
    account = Account()
    return mask_pdf(saved(folder, data), MASKER.masking(), limits, account).data, account


def texts(file: bytes) -> list[str]:
    with pdfium.PdfDocument(file) as document:
        return [page.get_textpage().get_text_range().strip() for page in document]


def pictures(file: bytes) -> list[int]:
    """How many pictures each page has."""
    with pdfium.PdfDocument(file) as document:
        return [
            sum(1 for _ in page.get_objects(filter=[c.FPDF_PAGEOBJ_IMAGE])) for page in document
        ]


def picture(file: bytes, page: int) -> Image.Image:
    with pdfium.PdfDocument(file) as document:
        shown: Image.Image = document[page].render(scale=1).to_pil().convert("L")
        return shown


def test_a_vertical_name_in_a_missing_font_is_masked(
    tmp_path: Path,
) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setFont("STSong-Light", 16)
        canvas.drawString(100, 700, "通知")
        canvas.translate(300, 100)
        canvas.rotate(90)
        canvas.drawString(0, 0, "联系人王小明")

    as_pdf([])  # registers the font
    account = Account()
    masker = Masker(Targets(frozenset(RULES), ["王小明"]), Style())
    file = mask_pdf(saved(tmp_path, drawn_pdf(draw)), masker.masking(), LIMITS, account).data
    assert account.masked == {("page 1", "term"): 1}
    title = picture(file, 0).crop((90, 110, 200, 160))
    is_lost = title.getextrema() == (255, 255)  # no Chinese font is installed
    font = "text in a font that neither the file nor this machine has"
    assert account.removed[font] == (2 if is_lost else 0)
    assert not found_in(file, ["王小明"])
    assert "通知" in texts(file)[0]


def test_a_page_longer_than_a_picture_can_be_is_masked(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setPageSize((30, 70_000))
        canvas.drawString(10, 69_000, PHONE)

    file, account = masked(tmp_path, drawn_pdf(draw))
    assert texts(file) == ["138****1234"]
    assert account.masked.total() == 1


def test_a_page_with_a_finding_is_a_picture_and_the_others_keep_their_text(tmp_path: Path) -> None:
    data = as_pdf(PAGES, breaks=True)
    file, account = masked(tmp_path, data)
    assert texts(file) == ["第一页电话138****1234。", "第二页没有号码。", "第三页。"]
    assert pictures(file) == [1, 0, 0]
    assert dict(account.masked) == {("page 1", "mobile"): 1}
    with pdfium.PdfDocument(file) as new, pdfium.PdfDocument(data) as old:
        for page, before in zip(new, old, strict=True):
            assert page.get_size() == pytest.approx(before.get_size(), abs=0.01)


def test_the_box_covers_the_number_and_nothing_else(tmp_path: Path) -> None:
    data = drawn_pdf(lambda canvas: canvas.drawString(100, 700, f"call {PHONE} today"))
    before = picture(data, 0)
    file, _ = masked(tmp_path, data)
    after = picture(file, 0)
    with pdfium.PdfDocument(data) as document:
        textpage = document[0].get_textpage()
        first = textpage.get_charbox(len("call "))
        last = textpage.get_charbox(len("call ") + len(PHONE) - 1)
    height = before.height
    middle = round(height - (first[1] + first[3]) / 2)
    row = [after.getpixel((x, middle)) for x in range(round(first[0]), round(last[2]))]
    assert max(row) < 60  # type: ignore[type-var, operator]
    beside = before.crop((0, 0, round(first[0]) - 4, height))
    assert max(abs(one - other) for one, other in zip(
        beside.resize((60, 80)).tobytes(),
        after.crop((0, 0, round(first[0]) - 4, height)).resize((60, 80)).tobytes(),
        strict=True,
    )) < 60  # fmt: skip


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_the_account_has_the_box_of_each_finding(tmp_path: Path, turn: int) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setPageSize((400, 600))
        canvas.setFont("Helvetica", 10)
        canvas.drawString(100, 500, f"call {PHONE}")
        canvas.drawString(100, 400, f"or {OTHER[:6]}")
        canvas.drawString(100, 388, OTHER[6:])

    with pdfium.PdfDocument(drawn_pdf(draw)) as document:
        document[0].set_rotation(turn)
        turned = io.BytesIO()
        document.save(turned)
    file, account = masked(tmp_path, turned.getvalue())
    width, height = (400, 600) if turn % 180 == 0 else (600, 400)
    assert [(part, kind) for part, kind, _ in account.boxes] == [("page 1", "mobile")] * 3
    shown = picture(file, 0)
    assert shown.size == (width, height)
    for _, _, box in account.boxes:
        left, top, right, bottom = box
        assert max(right - left, bottom - top) > 20
        assert shown.getpixel((round((left + right) / 2), round((top + bottom) / 2))) == 0
    if turn == 0:
        left, top, right, bottom = account.boxes[0][2]
        assert (left, right) == pytest.approx((100 + 22, 100 + 22 + 61), abs=5)
        assert top < 100 < bottom


def test_an_earlier_revision_is_not_copied(tmp_path: Path) -> None:
    clean = drawn_pdf(lambda canvas: canvas.drawString(100, 700, "nothing here"))
    data = clean + b"\n% " + PHONE.encode() + b"\n99 0 obj (" + PHONE.encode() + b") endobj\n"
    file, _ = masked(tmp_path, data)
    assert PHONE.encode() not in file
    assert texts(file) == ["nothing here"]


def test_a_filled_form_field_is_searched_as_the_page_is(tmp_path: Path) -> None:
    def draw(canvas: object) -> None:
        canvas.acroForm.textfield(name="f", value=PHONE, x=72, y=500, width=300)  # type: ignore[attr-defined]
        canvas.showPage()  # type: ignore[attr-defined]

    file, account = masked(tmp_path, drawn_pdf(draw))
    assert ("page 1", "mobile") in account.masked
    assert not found_in(file, [PHONE])


def test_pages_of_several_sizes_and_turned_ones_keep_their_order(tmp_path: Path) -> None:
    def draw(canvas: object) -> None:
        for number, size in enumerate([(300, 400), (500, 200), (300, 400), (500, 200)]):
            canvas.setPageSize(size)  # type: ignore[attr-defined]
            canvas.drawString(50, 100, f"page {number}")  # type: ignore[attr-defined]
            canvas.showPage()  # type: ignore[attr-defined]

    with pdfium.PdfDocument(drawn_pdf(draw)) as document:
        document[2].set_rotation(90)
        turned = io.BytesIO()
        document.save(turned)
    file, _ = masked(tmp_path, turned.getvalue())
    assert texts(file) == ["page 0", "page 1", "page 2", "page 3"]
    assert pictures(file) == [0, 0, 0, 0]
    with pdfium.PdfDocument(file) as new:
        assert [page.get_size() for page in new] == [(300, 400), (500, 200), (400, 300), (500, 200)]


@pytest.mark.parametrize(
    ("place", "shown"), [("text in another order", [1]), ("text on two pages", [1, 1])]
)
def test_a_number_is_found_as_a_reader_sees_it(
    tmp_path: Path, place: str, shown: list[int]
) -> None:
    file, account = masked(tmp_path, PLACES[place](PHONE))
    assert dict(account.masked) == {("page 1", "mobile"): 1}
    assert pictures(file) == shown
    digits = "".join(char for text in texts(file) for char in text if char.isdigit())
    assert digits in {"1381234", "13812341"}  # with the number of a page


def test_text_in_a_pattern_becomes_black_boxes(tmp_path: Path) -> None:
    data = PLACES["pattern"](PHONE)
    file, account = masked(tmp_path, data)
    assert dict(account.masked) == {("page 1", "mobile"): 1}
    watermark = (10, 842 - 20 - 9, 70, 842 - 20)
    before, after = (picture(one, 0).crop(watermark) for one in (data, file))
    assert ImageStat.Stat(after).mean[0] < 20 < ImageStat.Stat(before).mean[0]
    assert "Public text" in texts(file)[0]


def test_pictures_on_pages_are_named_as_not_covered(tmp_path: Path) -> None:
    image = Image.new("RGB", (40, 40), "red")

    def draw(canvas: object) -> None:
        canvas.drawInlineImage(image, 100, 100)  # type: ignore[attr-defined]

    _, account = masked(tmp_path, drawn_pdf(draw))
    assert account.uncovered == [("picture", "page 1")]


def test_limits_hold_and_damage_is_reported(tmp_path: Path) -> None:
    with pytest.raises(DocumentTooLong):
        masked(tmp_path, as_pdf(PAGES, breaks=True), ReadLimits(1_000, 2))
    with pytest.raises(CorruptDocument):
        masked(tmp_path, b"%PDF-1.7 nothing")


def test_a_page_with_a_damaged_part_is_a_damaged_document(tmp_path: Path) -> None:
    pdf = pikepdf.new()
    page = pdf.add_blank_page()
    cut = pikepdf.Stream(pdf, b"")
    cut.write(
        zlib.compress(b"BT ET " * 500)[:30] + b"\x00\xff\x12junk", filter=pikepdf.Name.FlateDecode
    )
    page.obj.Contents = pikepdf.Array([pdf.make_indirect(cut), pdf.make_stream(b"q Q")])
    file = io.BytesIO()
    pdf.save(file, stream_decode_level=pikepdf.StreamDecodeLevel.none, compress_streams=False)
    with pytest.raises(CorruptDocument):
        masked(tmp_path, file.getvalue())
