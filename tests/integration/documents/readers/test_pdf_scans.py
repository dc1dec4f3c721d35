from __future__ import annotations

from pathlib import Path

import pikepdf
import pytest
from pikepdf import Array, Dictionary, Name
from PIL import Image, ImageDraw, ImageFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import SimpleDocTemplate, Table

from documents.document import BlockKind
from documents.errors import NoTextLayer
from documents.limits import ReadLimits
from documents.page.appearance import PageFeatures, PageKind
from documents.read import read
from standin.documents.builders import LIMITS, drawn_pdf, saved
from standin.documents.pdf_pages import pdf_of, show
from tests.unit.documents.readers.pages import NOTICE, SCANS, a4, scanned_pdf

ASKING = ReadLimits(max_chars=1_000, max_pages=100, ocr_pages=None)


def letters(text: str) -> str:
    return "".join(text.split())


def test_written_and_scanned_pages_are_each_read_as_what_they_are(tmp_path: Path) -> None:
    data = scanned_pdf([None, a4(), None])
    document = read(saved(tmp_path, data), SCANS)
    by_page = {block.page: block for block in document.blocks}
    assert sorted({block.page or 0 for block in document.blocks}) == [1, 2, 3]
    assert by_page[1].confidence is None
    assert (by_page[2].confidence or 0) > 0.9
    scanned = [
        document.text[block.start : block.end] for block in document.blocks if block.page == 2
    ]
    assert letters("".join(scanned)) == letters("".join(NOTICE))
    assert document.unread_pages == ()


def test_a_scan_with_a_written_header_is_read_whole(tmp_path: Path) -> None:
    document = read(saved(tmp_path, scanned_pdf([a4()], header="Archive copy 7")), SCANS)
    assert letters(document.text) == letters("Archive copy 7" + "".join(NOTICE))


def test_a_picture_in_a_written_page_is_read_at_its_place(tmp_path: Path) -> None:
    def draw(canvas: Canvas) -> None:
        for at in range(6):
            canvas.drawString(
                72, 780 - 16 * at, f"Line {at} of the letter was typed by a scheduler."
            )
        canvas.drawInlineImage(a4().crop((0, 80, 827, 500)), 0, 300, 595, 302)
        canvas.drawString(72, 200, "The letter ends here.")

    document = read(saved(tmp_path, drawn_pdf(draw)), SCANS)
    text = letters(document.text)
    assert text.index("Line5ofthe") < text.index(letters(NOTICE[1])) < text.index("endshere")
    assert text.count("Line5ofthe") == 1
    sure = [block.confidence for block in document.blocks]
    assert sure[0] is None
    assert sure[-1] is None
    assert any(sure)


def test_a_searchable_scan_keeps_its_text_layer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def draw(canvas: Canvas) -> None:
        canvas.drawInlineImage(a4(), 0, 0, 595, 842)
        for at in range(20):
            words = canvas.beginText(60, 780 - 20 * at)
            words.setTextRenderMode(3)
            words.setFont("Helvetica", 14)
            words.textOut(f"What another program recognised on line {at} of the page.")
            canvas.drawText(words)

    monkeypatch.setattr(
        "documents.ocr.recognition.scan", lambda *_: pytest.fail("OCR was not needed")
    )
    assert "on line 19" in read(saved(tmp_path, drawn_pdf(draw)), SCANS).text


def test_pages_over_the_limit_are_reported_and_text_pages_are_read(tmp_path: Path) -> None:
    path = saved(tmp_path, scanned_pdf([a4(), None, a4(), a4(), None]))
    limits = ReadLimits(max_chars=10_000, max_pages=5, ocr_pages=1)
    document = read(path, limits)
    assert document.unread_pages == (3, 4)
    assert sorted({block.page or 0 for block in document.blocks}) == [1, 2, 5]


def test_without_ocr_text_is_read_and_the_scanned_page_is_reported(tmp_path: Path) -> None:
    document = read(saved(tmp_path, scanned_pdf([None, a4()])), LIMITS)
    assert document.unread_pages == (2,)
    assert document.pages == 2
    with pytest.raises(NoTextLayer, match="OCR"):
        read(saved(tmp_path, scanned_pdf([a4(), a4()])), LIMITS)


def test_a_process_without_ocr_asks_for_ocr(tmp_path: Path) -> None:
    with pytest.raises(NoTextLayer, match="Page 2"):
        read(saved(tmp_path, scanned_pdf([None, a4()])), ASKING)
    assert read(saved(tmp_path, scanned_pdf([None])), ASKING).unread_pages == ()


@pytest.mark.parametrize(
    ("features", "kind"),
    [
        (PageFeatures(900, 0, 30, 0.0, 0.0), PageKind.text),
        (PageFeatures(900, 0, 30, 1.0, 0.3), PageKind.text),
        (PageFeatures(900, 0, 30, 0.1, 0.0), PageKind.text),
        (PageFeatures(900, 0, 30, 0.5, 0.0), PageKind.both),
        (PageFeatures(10, 0, 2, 1.0, 0.002), PageKind.picture),
        (PageFeatures(0, 0, 1, 0.4, 0.0), PageKind.picture),
        (PageFeatures(100, 300, 30, 0.0, 0.0), PageKind.picture),
        (PageFeatures(0, 0, 400, 0.0, 0.0), PageKind.picture),
        (PageFeatures(0, 0, 1, 0.0, 0.0), PageKind.blank),
        (PageFeatures(0, 0, 0, 0.0, 0.0), PageKind.text),
    ],
)
def test_the_kind_of_a_page(features: PageFeatures, kind: PageKind) -> None:
    assert features.kind is kind


def test_a_huge_page_is_made_a_picture_of_bounded_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = []

    def draw(canvas: Canvas) -> None:
        canvas.setPageSize((14_000, 14_000))
        canvas.drawInlineImage(a4(), 0, 0, 14_000, 14_000)

    def scan(picture: Image.Image, threads: int) -> object:
        sizes.append(picture.size)
        raise MemoryError

    monkeypatch.setattr("documents.ocr.recognition.scan", scan)
    with pytest.raises(MemoryError):
        read(saved(tmp_path, drawn_pdf(draw)), SCANS)
    assert max(sizes[0]) <= 4_000


def test_a_ruled_table_is_read_cell_by_cell(tmp_path: Path) -> None:
    rows = [["Name", "Anna Lind", "Office", "Records"], ["Request", "land files\nof 1998", "", ""]]
    style = [("GRID", (0, 0), (-1, -1), 0.5, "black"), ("SPAN", (1, 1), (3, 1))]
    path = tmp_path / "form.pdf"
    SimpleDocTemplate(str(path), invariant=1).build([Table(rows, colWidths=80, style=style)])
    document = read(path, LIMITS)
    (block,) = document.blocks
    assert block.kind is BlockKind.table
    assert document.text == "Name\tAnna Lind\tOffice\tRecords\nRequest\tland files of 1998"


def without_mapping(words: str) -> bytes:
    """A page with a heading whose Type 3 font has a picture and no meaning for each character."""

    def change(pdf: pikepdf.Pdf) -> None:
        chars = sorted(set(words))
        codes = {char: 35 + at for at, char in enumerate(chars)}
        glyphs = Dictionary()
        for char, code in codes.items():
            glyphs[f"/G{code:X}"] = pdf.make_stream(_drawn(char))
        font = Dictionary(
            Type=Name.Font, Subtype=Name.Type3, FontBBox=Array([0, 0, 1, 1]), CharProcs=glyphs,
            FontMatrix=Array([1, 0, 0, 1, 0, 0]), FirstChar=35, LastChar=34 + len(chars),
            Encoding=Dictionary(
                Differences=Array([35, *(Name(f"/G{code:X}") for code in codes.values())])
            ),
            Widths=Array([0.7] * len(chars)), Resources=Dictionary(),
        )  # fmt: skip
        page = pdf.pages[0].obj
        page.Resources.Font.T = pdf.make_indirect(font)
        shown = "".join(f"{codes[char]:02x}" for char in words)
        content = f"BT /T 24 Tf 72 720 Td <{shown}> Tj ET\n" + show("正文照常可读。", y=660)
        page.Contents = pdf.make_stream(content.encode())

    return pdf_of([""], change)


def _drawn(char: str) -> bytes:
    """The content of a glyph: a picture of the character, one em high and 0.7 wide."""
    picture = Image.new("L", (56, 80), 255)
    ImageDraw.Draw(picture).text((4, 4), char, font=ImageFont.load_default(64), fill=0)
    data = picture.tobytes().hex().encode()
    head = b"0.7 0 d0 q 0.7 0 0 1 0 -0.2 cm BI /W 56 /H 80 /CS /G /BPC 8 /F /AHx ID "
    return head + data + b"> EI Q"


def test_a_heading_in_a_font_without_mapping_is_read_by_ocr(tmp_path: Path) -> None:
    path = saved(tmp_path, without_mapping("NOTICEOF3MAY"))
    document = read(path, SCANS)
    heading, body = document.text.split("\n\n")
    assert (letters(heading), body) == ("NOTICEOF3MAY", "正文照常可读。")
    assert document.unread == ()
    first, second = document.blocks
    assert (first.confidence or 0) > 0.8
    assert first.box == pytest.approx((72, 100, 72 + 12 * 16.8, 128), abs=8)
    assert second.confidence is None


def test_a_heading_that_ocr_may_not_read_is_named(tmp_path: Path) -> None:
    path = saved(tmp_path, without_mapping("NOTICE"))
    document = read(path, LIMITS)
    assert document.text == "正文照常可读。"
    assert [(one.what, one.page) for one in document.unread] == [("text", 1)]
