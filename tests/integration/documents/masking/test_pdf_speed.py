"""A PDF of 100 pages is masked within ten seconds of one core."""

from __future__ import annotations

import time
from pathlib import Path

import pypdfium2 as pdfium
import pytest

from documents.masking.account import Account
from documents.masking.pdf.file import mask_pdf
from standin.documents.builders import CONTENT, LIMITS, PARAGRAPH, Item, as_pdf, saved
from tasks.redact.finder import RULES, Targets
from tasks.redact.masker import Masker, Style

MASKING = Masker(Targets(frozenset(RULES)), Style()).masking()
_FINDING = (PARAGRAPH, "联系电话13812341234。")


@pytest.mark.parametrize("more", [(), (_FINDING,)], ids=["no findings", "findings on all pages"])
def test_a_hundred_pages_take_less_than_ten_seconds(tmp_path: Path, more: tuple[Item, ...]) -> None:
    path = saved(tmp_path, as_pdf([*CONTENT, *more] * 210))
    with pdfium.PdfDocument(path) as document:
        assert len(document) >= 90
    start = time.process_time()
    mask_pdf(path, MASKING, LIMITS, Account())
    assert time.process_time() - start < 10
