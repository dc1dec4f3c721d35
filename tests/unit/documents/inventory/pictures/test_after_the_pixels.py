"""Bytes among and after the pixels of a picture are listed, whatever the compression."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from documents.readers.pictures import JPEG, TIFF
from tests.unit.documents.inventory.pictures.test_picture_inventory import (
    entries,
    picture,
    unread,
)

NUMBER = b"13812341234"
HEIGHT, ROW = 30, 40  # gray pixels
PACKINGS = {"none": 1, "PackBits": 32_773, "deflate": 8, "LZW": 5}


def gray() -> Image.Image:
    image = Image.new("L", (ROW, HEIGHT), "white")
    ImageDraw.Draw(image).line((0, 0, 39, 29), fill="black")
    return image


def strips(packing: str) -> list[bytes]:
    """The pixels in two strips of 20 rows at most, packed as `packing`."""
    pixels = gray().tobytes()
    parts = pixels[: 20 * ROW], pixels[20 * ROW :]
    match packing:
        case "none":
            return [*parts]
        case "deflate":
            return [zlib.compress(part) for part in parts]
    written = [io.BytesIO(), io.BytesIO()]
    for file, rows in zip(written, ((0, 20), (20, HEIGHT)), strict=True):
        name = {"PackBits": "packbits", "LZW": "tiff_lzw"}[packing]
        gray().crop((0, rows[0], ROW, rows[1])).save(file, "TIFF", compression=name)
    return [strip for file in written for strip in _strips_of(file.getvalue())]


def _strips_of(data: bytes) -> list[bytes]:
    picture = Image.open(io.BytesIO(data))
    offsets, sizes = picture.tag_v2[273], picture.tag_v2[279]  # type: ignore[attr-defined]
    return [data[at : at + size] for at, size in zip(offsets, sizes, strict=True)]


def tiff(packing: str, parts: list[bytes], rows: int = 20) -> bytes:
    starts = [8]
    for part in parts:
        starts.append(starts[-1] + len(part))
    end = starts.pop()
    data = struct.pack("<4sL", b"II*\0", end + 8 * len(parts)) + b"".join(parts)
    sizes = [*map(len, parts)]
    data += struct.pack(f"<{len(parts)}L", *starts) + struct.pack(f"<{len(parts)}L", *sizes)
    count = len(parts)
    # One number stands in its tag.
    at, size = (end, end + 4 * count) if count > 1 else (starts[0], sizes[0])
    tags = [
        (256, 1, ROW), (257, 1, HEIGHT), (258, 1, 8), (259, 1, PACKINGS[packing]), (262, 1, 1),
        (273, count, at), (277, 1, 1), (278, 1, rows), (279, count, size),
    ]  # fmt: skip
    directory = b"".join(struct.pack("<HHLL", tag, 4, number, value) for tag, number, value in tags)
    return data + struct.pack("<H", len(tags)) + directory + bytes(4)


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("strip", [0, 1])
def test_text_after_the_pixels_of_a_strip_is_listed(
    tmp_path: Path, packing: str, strip: int
) -> None:
    parts = strips(packing)
    parts[strip] += NUMBER
    found = entries(tmp_path, tiff(packing, parts), TIFF)
    assert any(NUMBER.decode() in one.text for one in found), found


def test_rows_that_are_packed_after_the_last_one_are_listed(tmp_path: Path) -> None:
    pixels = gray().tobytes()
    data = tiff("deflate", [zlib.compress(pixels + NUMBER)], rows=HEIGHT)
    found = entries(tmp_path, data, TIFF)
    assert any(NUMBER.decode() in one.text for one in found), found


@pytest.mark.parametrize("packing", PACKINGS)
def test_pixels_alone_are_not_named(tmp_path: Path, packing: str) -> None:
    found = entries(tmp_path, tiff(packing, strips(packing)), TIFF)
    assert unread(found) == {("", "picture")}
    assert not any("pixels" in one.where for one in found), found


@pytest.mark.parametrize(
    "text",
    [b"138 1234 1234", "13812341234".encode("utf-16-le"), "13812341234".encode("utf-16-be")],
    ids=["spaces", "UTF-16-LE", "UTF-16-BE"],
)
def test_text_among_the_pixels_of_a_jpeg_is_listed(tmp_path: Path, text: bytes) -> None:
    found = entries(tmp_path, picture("JPEG")[:-2] + text + b"\xff\xd9", JPEG)
    texts = [one.text.replace(" ", "") for one in found]
    assert any("13812341234" in one for one in texts), found
