"""Pages of a masked PDF that stay text look the same, and hold only what they show."""

from __future__ import annotations

import io
from pathlib import Path

import pikepdf
import pypdfium2 as pdfium
import pytest
from pikepdf import Array, Dictionary, Name, String
from PIL import Image, ImageChops
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from documents.masking.account import Account
from documents.masking.pdf import likeness
from documents.masking.pdf.file import mask_pdf
from documents.masking.pdf.parts import NotUnderstood
from documents.masking.pictures.jpeg_segments import without_metadata
from standin.documents.builders import CONTENT, LIMITS, as_pdf, drawn_pdf, saved
from standin.documents.pdf_places.page import blank, saved_pdf
from tasks.redact.finder import RULES, Targets
from tasks.redact.masker import Masker, Style

MASKING = Masker(Targets(frozenset(RULES)), Style()).masking()
SAMPLES = Path(__file__).parents[4] / "samples"


def masked(folder: Path, data: bytes) -> bytes:
    return mask_pdf(saved(folder, data), MASKING, LIMITS, Account()).data


def rendered(file: bytes, page: int) -> Image.Image:
    with pdfium.PdfDocument(file) as document:
        picture: Image.Image = document[page].render(scale=1.5).to_pil().convert("RGB")
        return picture


def has_text(file: bytes, page: int = 0) -> bool:
    """Whether a page is text and no picture of the whole page."""
    with pikepdf.open(io.BytesIO(file)) as pdf:
        return "/Im0" not in pdf.pages[page].resources.get("/XObject", {})


def drawing() -> bytes:
    """Lines, curves, colours, dashes, transparency, pictures and clipping."""
    photo = Image.linear_gradient("L").convert("RGB")
    photo.putalpha(128)

    def draw(canvas: Canvas) -> None:
        canvas.setPageSize(A4)
        canvas.setStrokeColorCMYK(0.2, 0.8, 0, 0.1)
        canvas.setDash(6, 3)
        canvas.circle(200, 500, 80, fill=0)
        canvas.setFillColorRGB(0.2, 0.6, 0.3, alpha=0.5)
        canvas.roundRect(100, 400, 200, 150, 20, fill=1)
        canvas.drawImage(ImageReader(photo), 300, 600, 120, 90, mask="auto")
        canvas.drawInlineImage(Image.radial_gradient("L").resize((40, 40)), 450, 600)
        canvas.saveState()
        canvas.rotate(15)
        canvas.setFont("Times-Italic", 20)
        canvas.drawString(300, 200, "A turned line")
        canvas.restoreState()
        path = canvas.beginPath()
        path.circle(450, 300, 50)
        canvas.clipPath(path, stroke=0)
        canvas.rect(400, 250, 60, 100, fill=1)

    return drawn_pdf(draw)


@pytest.mark.parametrize(
    "data",
    [
        as_pdf(CONTENT),
        drawing(),
        (SAMPLES / "water-notice.pdf").read_bytes(),
    ],
    ids=["text", "drawing", "notice"],
)
def test_pages_that_stay_text_look_the_same(tmp_path: Path, data: bytes) -> None:
    file = masked(tmp_path, data)
    with pdfium.PdfDocument(file) as document:
        pages = len(document)
    for page in range(pages):
        assert has_text(file, page)
        before, after = rendered(data, page), rendered(file, page)
        differences = ImageChops.difference(before, after).convert("L").histogram()
        assert sum(differences[8:]) < 0.01 * before.width * before.height


def test_a_kept_page_has_only_the_codes_that_it_shows(tmp_path: Path) -> None:
    pdf = blank()
    cmap = b"begincmap 2 beginbfchar <41> <0041> <42> <00420043> endbfchar endcmap"
    pdf.pages[0].Resources.Font.F1.ToUnicode = pdf.make_stream(cmap)
    pdf.pages[0].Contents = pdf.make_stream(b"BT /F1 12 Tf 72 700 Td (A) Tj ET")
    with pikepdf.open(io.BytesIO(masked(tmp_path, saved_pdf(pdf)))) as new:
        (font,) = new.pages[0].Resources.Font.values()
        assert b"<41> <0041>" in font.ToUnicode.read_bytes()
        assert b"<42>" not in font.ToUnicode.read_bytes()


def test_resources_have_new_names_and_unused_ones_are_not_copied(tmp_path: Path) -> None:
    pdf = blank("BT /Secret 12 Tf 72 700 Td (A) Tj ET")
    fonts = pdf.pages[0].Resources.Font
    fonts.Secret = fonts.F1
    fonts.Unused = fonts.F1
    file = masked(tmp_path, saved_pdf(pdf))
    assert has_text(file)
    with pikepdf.open(io.BytesIO(file)) as new:
        assert list(new.pages[0].Resources.Font.keys()) == ["/F0"]


@pytest.mark.parametrize(
    "content",
    ["/P1 gs", "/Sh1 sh", "/Pattern cs /P1 scn 0 0 9 9 re f", "99999999999 0 m", "BX foo EX"],
)
def test_a_page_with_something_unknown_becomes_a_picture(tmp_path: Path, content: str) -> None:
    data = saved_pdf(blank(f"BT /F1 12 Tf 72 700 Td (Public text) Tj ET {content}"))
    file = masked(tmp_path, data)
    assert not has_text(file)
    with pdfium.PdfDocument(file) as document:
        assert document[0].get_textpage().get_text_range().strip() == "Public text"


def test_a_page_that_would_look_otherwise_becomes_a_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert has_text(masked(tmp_path, saved_pdf(blank())))
    monkeypatch.setattr(likeness.Likeness, "is_same", lambda *_: False)
    assert not has_text(masked(tmp_path, saved_pdf(blank())))


def test_a_visible_layer_stays_text_and_a_hidden_one_does_not(tmp_path: Path) -> None:
    for off, kept in ((False, True), (True, False)):
        pdf = blank("/OC /MC0 BDC BT /F1 12 Tf 72 700 Td (Layer) Tj ET EMC")
        group = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("a")))
        pdf.Root.OCProperties = Dictionary(
            OCGs=Array([group]), D=Dictionary(OFF=Array([group] if off else []))
        )
        pdf.pages[0].Resources.Properties = Dictionary(MC0=group)
        assert has_text(masked(tmp_path, saved_pdf(pdf))) is kept


def test_an_encrypted_file_that_opens_without_a_password_is_masked(tmp_path: Path) -> None:
    written = io.BytesIO()
    blank("BT /F1 12 Tf 72 700 Td (call 13812341234) Tj ET").save(
        written, encryption=pikepdf.Encryption(owner="owner", user="")
    )
    with pdfium.PdfDocument(masked(tmp_path, written.getvalue())) as document:
        assert "138****1234" in document[0].get_textpage().get_text_range()


def test_a_jpeg_keeps_its_pixels_and_loses_its_texts() -> None:
    written = io.BytesIO()
    picture = Image.radial_gradient("L").convert("RGB")
    exif = Image.Exif()
    exif[0x010E] = "secret description"
    picture.save(written, "JPEG", comment=b"secret comment", exif=exif, icc_profile=b"secret" * 20)
    data = written.getvalue() + b"secret tail"
    kept = without_metadata(data)
    assert b"secret" in data
    assert b"secret" not in kept
    with Image.open(io.BytesIO(kept)) as after, Image.open(io.BytesIO(data)) as before:
        assert after.tobytes() == before.tobytes()


@pytest.mark.parametrize("data", [b"", b"\xff\xd8", b"\xff\xd8\xff\xda\x00\x02abc", b"GIF89a"])
def test_a_damaged_jpeg_is_not_copied(data: bytes) -> None:
    with pytest.raises(NotUnderstood):
        without_metadata(data)
