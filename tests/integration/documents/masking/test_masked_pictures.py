"""What OCR reads on a picture and must be masked is painted over."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2 as pdfium
import pytest
from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo

from documents.detect import detect
from documents.errors import DocumentTooLong, NoTextLayer, PagesUnread
from documents.inventory.entry import Unread
from documents.limits import OcrBudget, ReadLimits
from documents.masking.account import Account
from documents.masking.cover import Cover
from documents.masking.formats import MASKED_FORMATS
from documents.masking.pictures.file import mask_picture, mask_picture_file
from documents.masking.pictures.painted_picture import PaintedPicture, paint, texts
from documents.masking.replacement import Masking
from documents.read import read
from documents.readers import pdf, pictures
from standin.documents.builders import saved
from tasks.redact.finder import RULES, Targets
from tasks.redact.masker import Masker, Style
from tests.unit.documents.readers.pages import SCANS, drawn, saved_picture

PHONE = "13812341234"
MASKING = Masker(Targets(frozenset(RULES), ["Anna Lind"]), Style()).masking()
LETTER = ("The applicant is Anna Lind of the office.", f"Call {PHONE} before noon on Monday.")


def painted(picture: Image.Image, masking: Masking = MASKING) -> PaintedPicture:
    return paint(picture, masking, OcrBudget(SCANS))


def letters(picture: Image.Image) -> str:
    """All that OCR reads on a picture, without white space."""
    return "".join("".join(texts(picture, OcrBudget(SCANS))).split())


def masked(path: Path, limits: ReadLimits = SCANS) -> tuple[bytes, str, Account]:
    account = Account()
    file = mask_picture_file(path, MASKING, limits, account)
    return file.data, file.media_type, account


def test_what_is_found_is_painted_over_and_the_rest_stays() -> None:
    page = drawn(LETTER)
    result = painted(page)
    assert [one.change.label for one in result.findings] == ["term", "mobile"]
    left = letters(result.picture)
    assert "1234" not in left
    assert "Lind" not in left
    assert "Theapplicantis" in left
    assert "beforenoononMonday" in left
    first, second = (line.text for line in result.lines)
    assert first.startswith("The applicant is ***")
    assert first.endswith("* of the office.")
    assert second == "Call 138****1234 before noon on Monday."
    assert result.unclear == ()
    assert page.tobytes() == drawn(LETTER).tobytes()  # the original is not changed


def test_no_stroke_is_left_under_the_box_and_none_outside_is_touched() -> None:
    plain, page = drawn(("Call",)), drawn((f"Call {PHONE}",))
    result = painted(page)
    (box,) = result.findings[0].boxes
    rest = result.picture.copy()
    ImageDraw.Draw(rest).rectangle(box, fill=255)
    assert rest.tobytes() == plain.tobytes()
    assert set(np.unique(np.asarray(result.picture.crop(box)))) <= {0, 255}


@pytest.mark.parametrize("turn", [90, 180, 270, 3])
def test_a_page_in_any_direction_is_masked(turn: int) -> None:
    page = drawn([*LETTER, *(f"Line {at} of the letter was typed." for at in range(6))])
    result = painted(page.rotate(turn, expand=True, fillcolor=255))
    assert sorted(one.change.label for one in result.findings) == ["mobile", "term"]
    left = letters(result.picture)
    assert "1234" not in left
    assert "Lind" not in left
    assert {line.turns for line in result.lines} == {{90: 3, 180: 2, 270: 1}.get(turn, 0)}


def test_a_number_broken_at_the_end_of_a_line_is_masked_on_both_lines() -> None:
    page = drawn(("Please call the office at any time on 138123", "41234 and ask for the clerk."))
    result = painted(page)
    (finding,) = result.findings
    assert len(finding.boxes) == 2
    left = letters(result.picture)
    assert "138" not in left
    assert "41234" not in left
    assert "andask" in left


def test_a_number_broken_in_a_cell_of_a_table_is_masked() -> None:
    page = Image.new("L", (800, 300), 255)
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(24)
    for x, y, words in [
        (40, 60, "Telephone"), (300, 60, "138123"), (300, 96, "41234"), (560, 60, "Riverside"),
    ]:  # fmt: skip
        pen.text((x, y), words, font=font, fill=0)
    result = painted(page)
    assert [one.change.label for one in result.findings] == ["mobile"]
    assert "41234" not in letters(result.picture)


def test_a_number_written_downwards_is_masked() -> None:
    page = Image.new("L", (900, 760), 255)
    page.paste(drawn([f"Line {at} of the letter was typed by hand." for at in range(6)]), (0, 0))
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(34)
    for at, char in enumerate(PHONE):
        pen.text((780, 40 + 52 * at), char, font=font, fill=0)
    result = painted(page)
    assert [one.change.label for one in result.findings] == ["mobile"]
    assert min(np.asarray(result.picture)[:, 775:805].min(axis=1)[40:600]) == 0
    # OCR reads the black boxes as the digit 1.
    assert not set("2348") & set(letters(result.picture.crop((700, 0, 900, 760))))


def test_text_that_is_not_read_with_confidence_is_named_or_covered() -> None:
    page = drawn([*LETTER, "", ""])
    hand = [(60, 170), (90, 130), (110, 185), (150, 135), (165, 180), (200, 140), (230, 182)]
    ImageDraw.Draw(page).line(hand, fill=0, width=4)
    named = painted(page)
    assert len(named.unclear) == 1
    left, top, right, bottom = named.unclear[0]
    assert left < 80
    assert right > 210
    assert top < 150
    assert bottom > 165
    covered = painted(page, replace(MASKING, cover=frozenset((Cover.unclear,))))
    assert covered.unclear == ()
    assert covered.covered == ((Cover.unclear, named.unclear[0]),)
    assert covered.picture.crop(named.unclear[0]).getextrema() == (0, 0)
    assert painted(drawn(LETTER)).unclear == ()


def test_handwriting_that_ocr_did_not_detect_is_named() -> None:
    page = drawn([*LETTER, "Signature:", ""])
    ImageDraw.Draw(page).line([(190, 120), (230, 160), (260, 118), (300, 150)], fill=0, width=4)
    ((left, top, right, bottom),) = painted(page).unclear
    assert left <= 190
    assert right >= 300
    assert top <= 122
    assert bottom >= 155


def seal(page: Image.Image, box: tuple[int, int, int, int]) -> None:
    pen = ImageDraw.Draw(page)
    pen.ellipse(box, outline=(200, 30, 40), width=8)
    middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    pen.regular_polygon((*middle, 20), 5, fill=(200, 30, 40))


def test_seals_and_signatures_are_covered_if_asked_for() -> None:
    page = drawn([*LETTER, "Signature:", *("" for _ in range(6))], mode="RGB")
    ImageDraw.Draw(page).line([(190, 120), (230, 160), (260, 118), (300, 150)], fill=0, width=4)
    seal(page, (350, 210, 500, 360))
    asked = replace(MASKING, cover=frozenset((Cover.seals, Cover.signatures)))
    result = painted(page, asked)
    boxes = dict(result.covered)
    assert set(boxes) == {Cover.seals, Cover.signatures}
    for cover, (left, top, right, bottom) in {
        Cover.seals: (350, 210, 500, 360), Cover.signatures: (192, 122, 298, 155),
    }.items():  # fmt: skip
        box = boxes[cover]
        assert box[0] <= left
        assert box[1] <= top
        assert box[2] >= right
        assert box[3] >= bottom
        assert result.picture.crop(box).getextrema() == ((0, 0),) * 3
    assert "Signature" in letters(result.picture)
    assert painted(page).covered == ()


def test_without_ocr_or_over_its_limit_nothing_is_handed_out() -> None:
    with pytest.raises(PagesUnread, match="OCR"):
        paint(drawn(), MASKING, OcrBudget(replace(SCANS, ocr_pages=0)))
    with pytest.raises(NoTextLayer):  # so that a process with OCR does it
        paint(drawn(), MASKING, OcrBudget(replace(SCANS, ocr_pages=None)))
    budget = OcrBudget(replace(SCANS, ocr_pages=1))
    paint(drawn(), MASKING, budget)
    with pytest.raises(PagesUnread, match="OCR"):
        paint(drawn(), MASKING, budget)


@pytest.mark.parametrize("kind", tuple(pictures.MEDIA_TYPES))
def test_each_picture_stays_of_its_format(tmp_path: Path, kind: str) -> None:
    path = saved_picture(tmp_path, drawn(LETTER, mode="RGB"), kind)
    assert MASKED_FORMATS[pictures.MEDIA_TYPES[kind]] is mask_picture_file
    data, media_type, account = masked(path)
    assert media_type == pictures.MEDIA_TYPES[kind]
    assert account.masked == {("page 1", "term"): 1, ("page 1", "mobile"): 1}
    assert detect(saved(tmp_path, data)) == media_type
    text = "".join(read(tmp_path / "document.bin", SCANS).text.split())
    assert "1234" not in text
    assert "Lind" not in text
    assert "beforenoon" in text


def test_what_a_picture_holds_beside_its_pixels_is_not_copied(tmp_path: Path) -> None:
    page = drawn(LETTER, mode="RGB")
    notes = Image.Exif()
    notes[0x010E] = f"call {PHONE}"
    chunks = PngInfo()
    chunks.add_text("Comment", f"call {PHONE}")
    chunks.add_itxt("XML:com.adobe.xmp", f"<x>{PHONE}</x>")
    path = tmp_path / "picture"
    formats: dict[str, dict[str, Any]] = {
        "PNG": {"pnginfo": chunks, "exif": notes},
        "JPEG": {"comment": PHONE.encode(), "exif": notes, "xmp": PHONE.encode()},
        "TIFF": {"description": PHONE, "exif": notes},
        "WEBP": {"exif": notes, "xmp": PHONE.encode()},
        "GIF": {"comment": PHONE.encode()},
    }
    for kind, options in formats.items():
        page.save(path, kind, icc_profile=PHONE.encode() * 20, **options)
        path.write_bytes(path.read_bytes() + PHONE.encode())
        assert PHONE.encode() in path.read_bytes()
        data, _, _ = masked(path)
        assert PHONE.encode() not in data
        again = Image.open(io.BytesIO(data))
        assert 0x010E not in again.getexif()
        assert set(again.info) <= {
            "dpi", "jfif", "jfif_version", "jfif_unit", "jfif_density", "compression", "version",
            "background", "loop", "duration", "timestamp", "transparency", "resolution",
        }  # fmt: skip


def test_text_under_transparent_pixels_is_not_copied(tmp_path: Path) -> None:
    hidden = drawn((f"Call {PHONE}", "today"))
    page = Image.merge("RGBA", (hidden, hidden, hidden, Image.new("L", hidden.size, 0)))
    data, _, _ = masked(saved_picture(tmp_path, page, "PNG"))
    assert Image.open(io.BytesIO(data)).convert("RGB").getextrema() == ((255, 255),) * 3


def test_further_frames_are_removed(tmp_path: Path) -> None:
    frames = [drawn((f"Frame {at}", PHONE), mode="RGB") for at in range(3)]
    path = saved_picture(tmp_path, frames[0], "GIF", more=frames[1:])
    data, _, account = masked(path)
    assert getattr(Image.open(io.BytesIO(data)), "n_frames", 1) == 1
    assert account.removed == {"further frames of a picture": 2}


def test_the_pages_of_a_tiff_become_a_pdf_with_masked_text(tmp_path: Path) -> None:
    pages = [drawn(LETTER), drawn(("Nothing to mask is here.", "Only words.")).convert("1")]
    path = saved_picture(tmp_path, pages[0], "TIFF", more=pages[1:])
    data, media_type, account = masked(path)
    assert media_type == pdf.MEDIA_TYPE
    assert account.masked == {("page 1", "term"): 1, ("page 1", "mobile"): 1}
    document = read(saved(tmp_path, data), replace(SCANS, ocr_pages=0))
    assert document.unread_pages == ()
    first = document.text[: document.blocks[-1].start]
    assert "138****1234 before noon" in first
    assert PHONE not in document.text
    assert "Nothing to mask is here." in document.text
    with pdfium.PdfDocument(data) as shown:
        assert [tuple(round(side) for side in page.get_size()) for page in shown] == [
            (432, 115)
        ] * 2
        for page in shown:
            picture = page.render(scale=100 / 72).to_pil()
            assert PHONE not in letters(picture)


def test_pages_over_the_limits_stop_the_masking(tmp_path: Path) -> None:
    path = saved_picture(tmp_path, drawn(LETTER), "TIFF", more=[drawn(LETTER)] * 2)
    with pytest.raises(PagesUnread):
        masked(path, replace(SCANS, ocr_pages=2))
    with pytest.raises(DocumentTooLong):
        masked(path, replace(SCANS, max_pages=2))


def test_a_picture_inside_a_file_is_masked_from_its_bytes() -> None:
    data = io.BytesIO()
    drawn(LETTER).save(data, "PNG")
    account = Account()
    file = mask_picture(data.getvalue(), MASKING, OcrBudget(SCANS), account, "word/media/a.png")
    assert file.media_type == pictures.PNG
    assert account.masked[("word/media/a.png", "mobile")] == 1
    assert "1234" not in letters(Image.open(io.BytesIO(file.data)))


def test_unclear_text_is_listed_in_the_account(tmp_path: Path) -> None:
    page = drawn([*LETTER, "", ""])
    hand = [(60, 170), (90, 130), (110, 185), (150, 135), (165, 180), (200, 140), (230, 182)]
    ImageDraw.Draw(page).line(hand, fill=0, width=4)
    _, _, account = masked(saved_picture(tmp_path, page, "PNG"))
    assert account.uncovered == [(Unread.unclear_text, "page 1")]
