"""Pages of a PDF that are pictures are read by OCR and masked in their pixels."""

from __future__ import annotations

from pathlib import Path

import pypdfium2 as pdfium

from documents.limits import ReadLimits
from documents.masking.account import Account
from documents.masking.pdf.file import mask_pdf
from documents.ocr.recognition import scan
from standin.documents.builders import LIMITS, saved
from tasks.redact.finder import RULES, Targets
from tasks.redact.masker import Masker, Style
from tests.unit.documents.readers.pages import SCANS, a4, scanned_pdf

PHONE = "13812341234"
MASKING = Masker(Targets(frozenset(RULES)), Style()).masking()


def masked(folder: Path, data: bytes, limits: ReadLimits) -> tuple[bytes, Account]:
    account = Account()
    return mask_pdf(saved(folder, data), MASKING, limits, account).data, account


def test_a_number_on_a_scanned_page_is_painted_over(tmp_path: Path) -> None:
    lines = ("Riverside District Office", f"Please call {PHONE} at noon", "Thank you very much")
    file, account = masked(tmp_path, scanned_pdf([None, a4(lines)]), SCANS)
    assert dict(account.masked) == {("page 2", "mobile"): 1}
    assert account.uncovered == []
    with pdfium.PdfDocument(file) as document:
        first, second = (page.get_textpage().get_text_range() for page in document)
        picture = document[1].render(scale=150 / 72).to_pil()
    assert "not scanned" in first
    assert "138****1234" in second
    assert PHONE not in second
    read = " ".join(line.text for line in scan(picture, 1).lines)
    assert "Riverside" in read
    assert "1381234" not in "".join(filter(str.isdigit, read))


def test_without_ocr_a_scanned_page_is_named(tmp_path: Path) -> None:
    file, account = masked(tmp_path, scanned_pdf([None, a4()]), LIMITS)
    assert account.uncovered == [("picture", "page 2")]
    with pdfium.PdfDocument(file) as document:
        assert len(document) == 2


def test_a_scan_without_findings_keeps_its_pages(tmp_path: Path) -> None:
    file, account = masked(tmp_path, scanned_pdf([a4()], header="Archive copy 7"), SCANS)
    assert account.uncovered == []
    with pdfium.PdfDocument(file) as document:
        assert "Archive copy 7" in document[0].get_textpage().get_text_range()
