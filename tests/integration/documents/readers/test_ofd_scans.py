"""Pages of an OFD file that are pictures."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from documents.errors import NoTextLayer
from documents.limits import ReadLimits
from documents.masking.account import Account
from documents.masking.ofd.file import mask_ofd
from documents.ocr.record import loaded
from documents.read import read
from documents.readers.pictures import prepared
from standin.documents.builders import LIMITS, saved
from standin.documents.ofd_builder import WHOLE, scanned, text_object
from tasks.redact.finder import RULES, Targets
from tasks.redact.masker import Masker, Style
from tests.unit.documents.readers.pages import NOTICE, SCANS, a4

WRITTEN = text_object("This page was written and not scanned.", 25, 40)
ASKING = ReadLimits(max_chars=1_000, max_pages=100, ocr_pages=None)


def letters(text: str) -> str:
    return "".join(text.split())


def as_bytes(picture: Image.Image, kind: str = "PNG") -> bytes:
    written = io.BytesIO()
    picture.save(written, kind)
    return written.getvalue()


def test_written_and_scanned_pages_are_each_read_as_what_they_are(tmp_path: Path) -> None:
    data = scanned([WRITTEN, WHOLE.format(id=1), WRITTEN], as_bytes(a4()))
    document = read(saved(tmp_path, data), SCANS)
    sure = {block.page: block.confidence for block in document.blocks}
    assert sure[1] is sure[3] is None
    assert (sure[2] or 0) > 0.9
    on_page = [document.text[one.start : one.end] for one in document.blocks if one.page == 2]
    assert letters("".join(on_page)) == letters("".join(NOTICE))
    left, top, *_ = next(block.box for block in document.blocks if block.page == 2) or (0, 0)
    # Drawn 110 and 160 pixels of a hundredth of an inch from the edges.
    assert (left, top) == pytest.approx((79, 115), abs=6)
    assert document.unread_pages == ()


def test_a_scan_in_pieces_each_turned_its_own_way_is_put_together(tmp_path: Path) -> None:
    page = a4()
    half = page.height // 2
    upper, lower = page.crop((0, 0, page.width, half)), page.crop((0, half, *page.size))
    turned = upper.transpose(Image.Transpose.ROTATE_90)  # shown turned back, clockwise
    mm = 297 * half / page.height
    objects = (
        f'<ofd:ImageObject Boundary="0 0 210 {mm}" CTM="0 {mm} -210 0 210 0" ResourceID="1"/>'
        f'<ofd:ImageObject Boundary="0 {mm} 210 {297 - mm}" ResourceID="2"/>'
    )
    data = scanned([objects], as_bytes(turned), as_bytes(lower, "JPEG"))
    assert letters(read(saved(tmp_path, data), SCANS).text) == letters("".join(NOTICE))


def test_a_picture_shown_many_times_is_decoded_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[Image.Image] = []

    def prepare(picture: Image.Image) -> tuple[Image.Image, float]:
        decoded.append(picture)
        return prepared(picture)

    monkeypatch.setattr("documents.readers.pictures.prepared", prepare)
    data = scanned([WHOLE.format(id=1) * 20], as_bytes(a4()))
    assert letters(read(saved(tmp_path, data), SCANS).text) == letters("".join(NOTICE))
    assert len(decoded) == 1


def test_a_scan_with_a_written_header_is_read_whole(tmp_path: Path) -> None:
    header = text_object("Archive copy 7", 25, 10)
    data = scanned([WHOLE.format(id=1) + header], as_bytes(a4()))
    text = letters(read(saved(tmp_path, data), SCANS).text)
    assert text == letters("Archive copy 7" + "".join(NOTICE))
    assert read(saved(tmp_path, data), LIMITS).unread_pages == (1,)


@pytest.mark.parametrize("pictures", [(), (b"\x97JB2\r\n\x1a\n",)])
def test_a_page_that_cannot_be_rendered_is_reported(
    tmp_path: Path, pictures: Sequence[bytes]
) -> None:
    data = scanned([WRITTEN, WHOLE.format(id=1)], *pictures)
    document = read(saved(tmp_path, data), SCANS)
    assert document.unread_pages == (2,)
    with pytest.raises(NoTextLayer, match="OCR"):
        read(saved(tmp_path, scanned([WHOLE.format(id=1)], *pictures)), SCANS)


def test_without_ocr_the_scanned_page_is_told_or_asked_for(tmp_path: Path) -> None:
    path = saved(tmp_path, scanned([WRITTEN, WHOLE.format(id=1)], as_bytes(a4())))
    assert read(path, LIMITS).unread_pages == (2,)
    with pytest.raises(NoTextLayer, match="Page 2"):
        read(path, ASKING)


def test_a_seal_or_a_letterhead_is_no_scan(tmp_path: Path) -> None:
    seal = '<ofd:ImageObject Boundary="120 200 40 40" CTM="40 0 0 40 0 0" ResourceID="1"/>'
    data = scanned([WRITTEN + seal], as_bytes(a4()))
    assert read(saved(tmp_path, data), ASKING).unread_pages == ()


@pytest.mark.parametrize(
    "placed",
    [WHOLE.format(id=1), WHOLE.format(id=1).replace("0 0 210 297", "5 5 200 282.857", 1).replace(
        "210 0 0 297", "200 0 0 282.857")],
    ids=["whole page", "with margins"],
)  # fmt: skip
def test_ocr_reads_a_scan_once_for_its_text_and_for_masking(tmp_path: Path, placed: str) -> None:
    page = a4([*NOTICE, "Call 13812341234 today."])
    path = saved(tmp_path, scanned([placed], as_bytes(page.convert("L"))))
    document = read(path, SCANS)
    scans = loaded(document.scans)
    assert "13812341234" in document.text
    account = Account()
    masking = Masker(Targets(frozenset(RULES)), Style()).masking()
    mask_ofd(path, masking, replace(SCANS, ocr_scans=scans), account)
    assert dict(account.masked) == {("Res/picture1.png", "mobile"): 1}
    assert len(scans) == 1
