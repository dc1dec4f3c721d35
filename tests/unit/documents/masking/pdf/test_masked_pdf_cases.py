"""Small PDFs in which a name or number is hard to find, and how they must look when masked."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
import pytest
from PIL import Image, ImageChops

from documents.inventory.walk import inventory
from documents.masking.account import Account
from documents.masking.pdf.file import mask_pdf
from documents.readers import pdf
from standin.documents.builders import LIMITS, saved
from tasks.redact.finder import Targets
from tasks.redact.kinds import Kind
from tasks.redact.masker import Masker, Style
from tests.unit.documents.masking.pdf.pdf_bytes import readable

CASES = Path(__file__).parents[4] / "samples/cases"
NAMES = sorted(path.name for path in CASES.glob("*pdf*") if (path / "in.pdf").exists())
_RESOLUTION = 2


def run_of(name: str) -> dict[str, Any]:
    expected = json.loads((CASES / name / "expect.json").read_text("utf-8"))
    runs: list[dict[str, Any]] = expected.get("runs", [expected])
    return next(
        (run for run in runs if run["task"] == "redact"),
        {"options": {"kinds": ["mobile"], "terms": ["防汛"]}, "must": {}},
    )


def masked(path: Path, options: dict[str, Any]) -> tuple[bytes, Account]:
    kinds = frozenset(map(Kind, options["kinds"]))
    masking = Masker(Targets(kinds, options["terms"]), Style()).masking()
    account = Account()
    return mask_pdf(path, masking, LIMITS, account).data, account


def solid(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).replace("-", "").split()).casefold()


def looks(file: bytes, page: int, box: tuple[float, ...]) -> Image.Image:
    """A part of a page; the box is in points from the top left corner."""
    with pdfium.PdfDocument(file) as document:
        picture: Image.Image = document[page - 1].render(scale=_RESOLUTION).to_pil().convert("L")
    left, top, right, bottom = (round(edge * _RESOLUTION) for edge in box)
    return picture.crop((left, top, right, bottom))


@pytest.mark.parametrize("name", NAMES)
def test_the_words_of_a_case_are_neither_in_the_masked_file_nor_seen(
    tmp_path: Path, name: str
) -> None:
    run = run_of(name)
    original = CASES / name / "in.pdf"
    file, _ = masked(original, run["options"])
    words = [*run["options"]["terms"], *run["must"].get("term_absent_from_file", ())]
    entries = inventory(saved(tmp_path, file), pdf.MEDIA_TYPE, LIMITS)
    texts = [solid(entry.text) for entry in entries] + [solid(readable(file))]
    for word in words:
        assert not [text for text in texts if solid(word) in text]
    for page, *box in run["must"].get("no_longer_seen", ()):
        before = looks(original.read_bytes(), page, tuple(box))
        change = ImageChops.difference(before, looks(file, page, tuple(box))).histogram()
        assert sum(at * count for at, count in enumerate(change)) > 40 * sum(change)


@pytest.mark.parametrize(
    ("name", "found"),
    [("pdf-beyond-bmp", "张𠮷𬭚"), ("pdf-winansi-gbk", "关于防汛工作的通知")],
)
def test_characters_that_pdfium_does_not_decode_are_read(name: str, found: str) -> None:
    entries = inventory(CASES / name / "in.pdf", pdf.MEDIA_TYPE, LIMITS)
    assert any(found in entry.text for entry in entries)


def test_a_page_in_an_unknown_encoding_is_named(tmp_path: Path) -> None:
    _, account = masked(CASES / "pdf-winansi-gbk/in.pdf", {"kinds": ["mobile"], "terms": []})
    assert account.uncovered == [("text in an unknown encoding", "page 1")]
