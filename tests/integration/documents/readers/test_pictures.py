from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from documents.detect import detect
from documents.errors import CorruptDocument, DocumentTooLong, NoTextLayer
from documents.limits import ReadLimits
from documents.ocr.scan import OcrLine, Scan
from documents.read import read
from documents.readers import pictures
from standin.documents.builders import saved
from tests.unit.documents.readers.pages import NOTICE, SCANS, drawn, saved_picture

SAMPLES = Path(__file__).parents[3] / "samples"
KINDS = tuple(pictures.MEDIA_TYPES)


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> list[Image.Image]:
    """A fake OCR that collects its pictures and reads one word on each."""
    found: list[Image.Image] = []

    def scan(picture: Image.Image, threads: int) -> Scan:
        found.append(picture)
        corners = ((10.0, 20.0), (50.0, 20.0), (50.0, 30.0), (10.0, 30.0))
        line = OcrLine(f"word {len(found)}", 0.9, corners)
        return Scan((line,), *picture.size)

    monkeypatch.setattr("documents.ocr.recognition.scan", scan)
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_each_picture_format_is_detected_and_read(tmp_path: Path, kind: str) -> None:
    path = saved_picture(tmp_path, drawn(mode="RGB"), kind)
    assert detect(path) == pictures.MEDIA_TYPES[kind]
    document = read(path, SCANS)
    assert (document.media_type, document.pages) == (pictures.MEDIA_TYPES[kind], 1)
    assert "".join(document.text.split()) == "".join("".join(NOTICE).split())
    assert all(block.page == 1 for block in document.blocks)
    assert all((block.confidence or 0) > 0.9 for block in document.blocks)


def test_a_box_is_in_points_if_the_picture_has_a_resolution(
    tmp_path: Path, given: list[Image.Image]
) -> None:
    (block,) = read(saved_picture(tmp_path, drawn(), "PNG"), SCANS).blocks
    assert block.box == pytest.approx((7.2, 14.4, 36, 21.6), abs=0.01)
    picture = io.BytesIO()
    drawn().save(picture, "PNG")
    (block,) = read(saved(tmp_path, picture.getvalue()), SCANS).blocks
    assert block.box == (10, 20, 50, 30)


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_picture_sideways_or_upside_down_is_read(tmp_path: Path, turn: int) -> None:
    upright = read(saved_picture(tmp_path, drawn(), "PNG"), SCANS)
    path = saved_picture(tmp_path, drawn().rotate(turn, expand=True), "PNG")
    document = read(path, SCANS)
    assert document.text == upright.text
    left, top, right, bottom = document.blocks[0].box or (0, 0, 0, 0)
    assert (right - left > bottom - top) == (turn == 180)


def test_the_orientation_of_a_camera_is_applied(tmp_path: Path, given: list[Image.Image]) -> None:
    notes = Image.Exif()
    notes[0x0112] = 6
    path = tmp_path / "photo"
    Image.new("L", (60, 30), 255).save(path, "JPEG", exif=notes)
    read(path, SCANS)
    assert given[0].size == (30, 60)


def test_a_photograph_of_two_cameras_is_a_photograph(
    tmp_path: Path, given: list[Image.Image]
) -> None:
    path = saved_picture(tmp_path, drawn(), "MPO", more=[drawn()])
    assert detect(path) == pictures.JPEG
    assert (read(path, SCANS).media_type, len(given)) == (pictures.JPEG, 1)


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "CMYK", "I;16", "I", "F"])
def test_pictures_of_every_depth_are_dark_on_light(
    tmp_path: Path, given: list[Image.Image], mode: str
) -> None:
    page = drawn()
    if mode == "LA":
        page = Image.merge("LA", (page, page.point(lambda value: 255 - value)))
    elif mode == "RGBA":
        clear = page.point(lambda value: 255 - value)
        page = Image.merge("RGBA", (page, page, page, clear))
    elif mode == "I;16":
        page = page.convert("I").point(lambda value: value * 200).convert("I;16")
    else:
        page = page.convert(mode)
    kind = "TIFF" if mode in {"CMYK", "I;16", "I", "F"} else "PNG"
    read(saved_picture(tmp_path, page, kind), SCANS)
    seen: Any = given[0].convert("L")
    assert seen.getpixel((2, 2)) > 240
    assert min(seen.get_flattened_data()) < 40


def test_pages_are_the_same_with_several_threads(tmp_path: Path) -> None:
    others = [drawn().rotate(180), Image.new("L", (200, 100), 255), drawn(), drawn(mode="RGB")]
    path = saved_picture(tmp_path, drawn(), "TIFF", more=others)
    one, two = (read(path, replace(SCANS, ocr_threads=threads)) for threads in (1, 2))
    assert two == one
    assert {block.page for block in one.blocks} == {1, 2, 4, 5}


def test_the_pages_of_a_tiff_are_read_and_the_rest_is_reported(
    tmp_path: Path, given: list[Image.Image]
) -> None:
    path = saved_picture(tmp_path, drawn(), "TIFF", more=[drawn()] * 4)
    limits = ReadLimits(max_chars=1_000, max_pages=5, ocr_pages=3)
    document = read(path, limits)
    assert (document.pages, document.unread_pages) == (5, (4, 5))
    assert [block.page for block in document.blocks] == [1, 2, 3]
    with pytest.raises(DocumentTooLong, match="5 pages and 4 are allowed"):
        read(path, ReadLimits(max_chars=1_000, max_pages=4, ocr_pages=3))


def test_pages_after_the_time_limit_are_reported(
    tmp_path: Path, given: list[Image.Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(0, 1_000, 10))
    monkeypatch.setattr("documents.limits.time.monotonic", lambda: next(clock))
    path = saved_picture(tmp_path, drawn(), "TIFF", more=[drawn()] * 4)
    limits = ReadLimits(max_chars=1_000, max_pages=5, ocr_pages=5, ocr_seconds=25)
    assert read(path, limits).unread_pages == (3, 4, 5)


@pytest.mark.parametrize("pages", [0, None])
def test_without_ocr_a_picture_is_refused(
    tmp_path: Path, given: list[Image.Image], pages: int | None
) -> None:
    path = saved_picture(tmp_path, drawn(), "PNG")
    with pytest.raises(NoTextLayer, match="OCR"):
        read(path, ReadLimits(max_chars=1_000, max_pages=1, ocr_pages=pages))
    assert given == []


def png_bomb(width: int, height: int) -> bytes:
    """A small PNG file with many black pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    body = zlib.compress(bytes((width + 7) // 8 + 1) * 1_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(12_000, 12_000), (60_000, 60_000), (40_000, 10), (1, 2**31 - 1)])
def test_a_picture_of_too_many_pixels_is_refused_before_it_is_unpacked(
    tmp_path: Path, given: list[Image.Image], size: tuple[int, int]
) -> None:
    with pytest.raises(DocumentTooLong, match="pixels"):
        read(saved(tmp_path, png_bomb(*size)), SCANS)
    assert given == []


def test_a_large_picture_is_read_smaller(tmp_path: Path, given: list[Image.Image]) -> None:
    path = tmp_path / "large"
    Image.new("L", (9_000, 6_000), 255).save(path, "PNG", dpi=(600, 600))
    (block,) = read(path, SCANS).blocks
    assert max(given[0].size) == pictures.READ_SIDE
    assert block.box == pytest.approx((2.16, 4.32, 10.8, 6.48), abs=0.01)


def test_a_large_photograph_is_not_shrunk_twice(tmp_path: Path, given: list[Image.Image]) -> None:
    path = tmp_path / "large"
    Image.new("L", (12_000, 8_000), 255).save(path, "JPEG")
    read(path, SCANS)
    assert max(given[0].size) >= pictures.READ_SIDE


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "harm",
    [
        lambda data: data[: len(data) // 2],
        lambda data: data[:60],
        lambda data: data[:40] + bytes(99),
    ],
    ids=["half", "head", "zeros"],
)
def test_a_damaged_picture_is_a_document_error_or_is_read(
    tmp_path: Path, given: list[Image.Image], kind: str, harm: Callable[[bytes], bytes]
) -> None:
    path = saved_picture(tmp_path, drawn(mode="RGB"), kind)
    path.write_bytes(harm(path.read_bytes()))
    # A part of a picture may be enough; Pillow does not guess the rest.
    with suppress(CorruptDocument):
        assert read(path, SCANS).pages == 1


def test_chinese_is_read_in_its_paragraphs() -> None:
    document = read(SAMPLES / "archives-law-scan.png", SCANS)
    paragraphs = document.text.split("\n\n")
    law = (SAMPLES / "档案法(2020-06-20).md").read_text()
    assert len(paragraphs) >= 3
    assert all(
        paragraph in "".join(law.split()) for paragraph in map("".join, map(str.split, paragraphs))
    )


def test_nothing_is_fetched_from_the_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from documents.ocr.engine import OcrEngine  # noqa: PLC0415 - loads what reads

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setattr("socket.getaddrinfo", refuse)
    assert len(OcrEngine(1).scan(drawn()).lines) == len(NOTICE)
