"""A seal that OCR could not read with confidence is named, or covered on request."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from documents.inventory.entry import EntryKind
from documents.inventory.walk import inventory
from documents.limits import OcrBudget, ReadLimits
from documents.masking.cover import Cover
from documents.masking.pictures.painted_picture import PaintedPicture, paint
from documents.ocr.scan import OcrSeal, Scan
from documents.readers.pictures import PNG
from standin.documents.builders import LIMITS
from tasks.redact.finder import RULES, Targets
from tasks.redact.masker import Masker, Style

BOX = (60.0, 40.0, 160.0, 140.0)
READ = OcrSeal("round", "平山镇人民政府", BOX, 0.97)
DOUBTFUL = replace(READ, confidence=0.6)
EMPTY = replace(READ, text="", confidence=None)
MASKING = Masker(Targets(frozenset(RULES), ["平山镇"]), Style()).masking()


@pytest.fixture
def page() -> Image.Image:
    picture = Image.new("RGB", (240, 180), "white")
    ImageDraw.Draw(picture).ellipse(BOX, outline=(200, 30, 40), width=4)
    return picture


def limits_for(picture: Image.Image, seal: OcrSeal) -> ReadLimits:
    """Limits with which OCR has read that seal on the picture, and nothing else."""
    digest = hashlib.sha256(f"{picture.mode} {picture.size}".encode() + picture.tobytes())
    scan = Scan((), *picture.size, seals=(seal,))
    return replace(LIMITS, ocr_pages=1, ocr_scans={digest.digest(): scan})


def painted(page: Image.Image, seal: OcrSeal, *cover: Cover) -> PaintedPicture:
    masking = replace(MASKING, find=lambda _: [], cover=frozenset(cover))
    return paint(page, masking, OcrBudget(limits_for(page, seal)))


@pytest.mark.parametrize("seal", [DOUBTFUL, EMPTY])
def test_a_doubtful_seal_is_unclear(page: Image.Image, seal: OcrSeal) -> None:
    assert painted(page, seal).unclear == (BOX,)
    covered = painted(page, seal, Cover.unclear)
    assert (covered.unclear, covered.covered) == ((), ((Cover.unclear, BOX),))
    assert covered.picture.crop((60, 40, 160, 140)).getextrema() == ((0, 0),) * 3


def test_a_seal_that_was_read_or_is_covered_is_not_unclear(page: Image.Image) -> None:
    assert painted(page, READ).unclear == ()
    assert painted(page, DOUBTFUL, Cover.seals).unclear == ()
    masked = paint(page, MASKING, OcrBudget(limits_for(page, DOUBTFUL)))
    assert (len(masked.findings), masked.unclear) == (1, ())


@pytest.mark.parametrize(
    ("seal", "expected"),
    [
        (READ, ["平山镇人民政府"]),
        (DOUBTFUL, ["平山镇人民政府", "text in a picture that OCR could not read with confidence"]),
        (EMPTY, ["text in a picture that OCR could not read with confidence"]),
    ],
)
def test_the_inventory_has_the_text_of_a_seal_and_names_a_doubtful_one(
    page: Image.Image, tmp_path: Path, seal: OcrSeal, expected: list[str]
) -> None:
    path = tmp_path / "page.png"
    page.save(path)
    entries = list(inventory(path, PNG, limits_for(page, seal)))
    assert [one.text or one.reason for one in entries] == expected
    assert all(one.where == "seal" for one in entries if one.kind is EntryKind.shown)
