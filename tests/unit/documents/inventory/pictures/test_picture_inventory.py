"""Everything that a picture file holds beside its pixels is listed."""

from __future__ import annotations

import io
import struct
import textwrap
import zlib
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

from documents.errors import CorruptDocument
from documents.inventory.entry import Entry, EntryKind
from documents.inventory.walk import inventory
from documents.limits import ReadLimits
from documents.readers.pictures import BMP, GIF, JPEG, MEDIA_TYPES, PNG, TIFF, WEBP
from standin.documents.builders import saved

LIMITS = ReadLimits(max_chars=10_000, max_pages=5)
SECRET = "Anna Lind 13812341234"
BYTES = SECRET.encode()


def picture(kind: str = "PNG", mode: str = "RGB", **options: Any) -> bytes:
    image = Image.new("RGB", (40, 30), "white")
    ImageDraw.Draw(image).line((0, 0, 39, 29), fill="black")
    written = io.BytesIO()
    image.convert(mode).save(written, kind, **options)
    return written.getvalue()


def entries(folder: Path, data: bytes, media_type: str) -> list[Entry]:
    return list(inventory(saved(folder, data), media_type, LIMITS))


def unread(found: list[Entry]) -> set[tuple[str, str]]:
    return {(one.where, one.reason) for one in found if one.kind is EntryKind.unread}


def exif() -> Image.Exif:
    tags = Image.Exif()
    tags[0x010E] = SECRET
    return tags


def chunk(name: bytes, body: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(name + body))
    return struct.pack(">I", len(body)) + name + body + check


def with_chunk(name: bytes, body: bytes) -> bytes:
    data = picture()
    return data[:33] + chunk(name, body) + data[33:]


def png_text() -> bytes:
    text = PngInfo()
    text.add_text("Author", SECRET)
    return picture(pnginfo=text)


def png_packed_text() -> bytes:
    text = PngInfo()
    text.add_text("Author", SECRET, zip=True)
    return picture(pnginfo=text)


def png_international_text(*, packed: bool) -> bytes:
    text = PngInfo()
    text.add_itxt("Author", SECRET, zip=packed)
    return picture(pnginfo=text)


def jpeg_segment(marker: int, body: bytes) -> bytes:
    data = picture("JPEG")
    return data[:2] + struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body + data[2:]


def gif_extension(label: int, body: bytes) -> bytes:
    data = picture("GIF", "P")
    block = bytes((0x21, label, len(body))) + body + b"\0"
    return data[:-1] + block + data[-1:]


def raw_profile(keyword: bytes, data: bytes, width: int = 72) -> bytes:
    """As ImageMagick stores a profile in a PNG."""
    lines = "\n".join(textwrap.wrap(data.hex(), width))
    return keyword + f"\niptc\n{len(data):8}\n{lines}\n".encode()


def iptc(*texts: bytes) -> bytes:
    """Records of keywords (IPTC IIM 4.2, 2:25)."""
    return b"".join(b"\x1c\x02\x19" + len(one).to_bytes(2, "big") + one for one in texts)


def tiff_numbers(data: bytes, order: str, written: str) -> bytes:
    """A TIFF whose IPTC data is stored as numbers in an order of bytes, written in another."""
    data += b"\0" * (-len(data) % 4)
    count = len(data) // 4
    numbers = struct.pack(f"{written}{count}L", *struct.unpack(f"{order}{count}L", data))
    tags = [(256, 1), (257, 1), (258, 8), (259, 1), (262, 1), (273, 8), (278, 1), (279, 1)]
    head = (b"II*\0" if written == "<" else b"MM\0*") + struct.pack(f"{written}L", 9) + b"\xff"
    entries = b"".join(struct.pack(f"{written}HHLL", number, 4, 1, one) for number, one in tags)
    at = len(head) + 2 + 12 * (len(tags) + 1) + 4
    entries += struct.pack(f"{written}HHLL", 33_723, 4, count, at)
    return head + struct.pack(f"{written}H", len(tags) + 1) + entries + bytes(4) + numbers


def webp_chunk(name: bytes, body: bytes) -> bytes:
    data = picture("WEBP", lossless=True)
    body += b"\0" * (len(body) % 2)
    data += name + struct.pack("<I", len(body)) + body
    return data[:4] + struct.pack("<I", len(data) - 8) + data[8:]


def after_the_end(kind: str) -> bytes:
    return picture(kind) + BYTES


def bmp_gap() -> bytes:
    data = picture("BMP")
    start = int.from_bytes(data[10:14], "little")
    return data[:10] + struct.pack("<I", start + len(BYTES)) + data[14:start] + BYTES + data[start:]


def png_pixels(rows: bytes = b"", *, packed: bytes = b"", second: bytes = b"") -> bytes:
    """A gray PNG of 40 by 30 pixels with other bytes after them."""
    pixels = b"".join(b"\0" + bytes((number, *range(39))) for number in range(30))
    header = struct.pack(">IIBBBBB", 40, 30, 8, 0, 0, 0, 0)
    data = chunk(b"IDAT", zlib.compress(pixels + rows) + packed)
    data += chunk(b"IDAT", second) if second else b""
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + data + chunk(b"IEND", b"")


def png_palette() -> bytes:
    image = Image.new("P", (40, 30))
    ImageDraw.Draw(image).line((0, 0, 39, 29), fill=1)
    image.putpalette(b"\xff" * 3 + bytes(3) + BYTES)
    written = io.BytesIO()
    image.save(written, "PNG")
    return written.getvalue()


def bmp_padding() -> bytes:
    image = Image.new("RGB", (1, len(BYTES)), "white")
    image.putpixel((0, 0), (0, 0, 0))
    written = io.BytesIO()
    image.save(written, "BMP")
    data = bytearray(written.getvalue())
    data[int.from_bytes(data[10:14], "little") + 3 :: 4] = BYTES
    return bytes(data)


TEXTS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "PNG tEXt": (PNG, png_text),
    "PNG zTXt": (PNG, png_packed_text),
    "PNG iTXt": (PNG, lambda: png_international_text(packed=False)),
    "PNG packed iTXt": (PNG, lambda: png_international_text(packed=True)),
    "PNG EXIF": (PNG, lambda: picture(exif=exif())),
    "PNG color profile": (PNG, lambda: picture(icc_profile=BYTES)),
    "PNG unknown chunk": (PNG, lambda: with_chunk(b"anNa", BYTES)),
    "PNG percent-encoded": (PNG, lambda: with_chunk(b"tEXt", b"a\0Anna%20Lind%2013812341234")),
    "PNG chunk of numbers": (PNG, lambda: with_chunk(b"gAMA", BYTES)),
    "PNG palette": (PNG, png_palette),
    "PNG after the pixels": (PNG, lambda: png_pixels(BYTES)),
    "PNG after the packed pixels": (PNG, lambda: png_pixels(packed=BYTES)),
    "PNG second chunk of pixels": (PNG, lambda: png_pixels(second=BYTES)),
    "PNG UTF-16": (PNG, lambda: with_chunk(b"tEXt", b"a\0" + SECRET.encode("utf-16-be"))),
    "PNG raw profile": (
        PNG, lambda: with_chunk(b"tEXt", raw_profile(b"Raw profile type iptc\0", iptc(BYTES)))
    ),
    "PNG packed raw profile in short lines": (
        PNG,
        lambda: with_chunk(
            b"zTXt",
            b"Raw profile type iptc\0\0" + zlib.compress(raw_profile(b"", iptc(BYTES), 10)),
        ),
    ),
    "TIFF IPTC as numbers": (TIFF, lambda: tiff_numbers(iptc(BYTES), "<", "<")),
    "TIFF IPTC as numbers of the other order": (
        TIFF, lambda: tiff_numbers(iptc(BYTES), "<", ">")
    ),
    "JPEG tables": (JPEG, lambda: jpeg_segment(0xDB, b"\0" + BYTES.ljust(64, b"\1"))),
    "JPEG codes": (JPEG, lambda: jpeg_segment(0xC4, bytes(16) + bytes((21,)) + BYTES)),
    "TIFF numbers": (TIFF, lambda: picture("TIFF", tiffinfo={65_000: tuple(BYTES)})),
    "GIF numbers": (GIF, lambda: gif_extension(0xF9, BYTES)),
    "WebP numbers": (WEBP, lambda: webp_chunk(b"ANIM", BYTES)),
    "BMP after the rows": (BMP, bmp_padding),
    "JPEG comment": (JPEG, lambda: picture("JPEG", comment=BYTES)),
    "JPEG EXIF": (JPEG, lambda: picture("JPEG", exif=exif())),
    "JPEG XMP": (JPEG, lambda: picture("JPEG", xmp=BYTES)),
    "JPEG color profile": (JPEG, lambda: picture("JPEG", icc_profile=BYTES)),
    "JPEG Photoshop": (JPEG, lambda: jpeg_segment(0xED, b"Photoshop 3.0\0" + BYTES)),
    "JPEG unknown segment": (JPEG, lambda: jpeg_segment(0xEB, BYTES)),
    "TIFF description": (TIFF, lambda: picture("TIFF", description=SECRET)),
    "TIFF private tag": (TIFF, lambda: picture("TIFF", tiffinfo={65_000: SECRET})),
    "TIFF XMP": (TIFF, lambda: picture("TIFF", tiffinfo={700: BYTES})),
    "GIF comment": (GIF, lambda: picture("GIF", "P", comment=BYTES)),
    "GIF plain text": (GIF, lambda: gif_extension(1, BYTES)),
    "GIF application": (GIF, lambda: gif_extension(0xFF, BYTES)),
    "WebP EXIF": (WEBP, lambda: picture("WEBP", exif=exif())),
    "WebP XMP": (WEBP, lambda: picture("WEBP", xmp=BYTES)),
    "WebP color profile": (WEBP, lambda: picture("WEBP", icc_profile=BYTES)),
    "WebP unknown chunk": (WEBP, lambda: webp_chunk(b"ANNA", BYTES)),
    "BMP before the pixels": (BMP, bmp_gap),
    **{
        f"{kind} after the end": (media_type, partial(after_the_end, kind))
        for kind, media_type in MEDIA_TYPES.items()
    },
}  # fmt: skip


@pytest.mark.parametrize("place", TEXTS)
def test_text_in_each_place_is_listed(tmp_path: Path, place: str) -> None:
    media_type, build = TEXTS[place]
    found = entries(tmp_path, build(), media_type)
    assert any(SECRET in one.text for one in found), found
    assert ("", "picture") in unread(found) or "TIFF IPTC" in place  # of one pixel


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_number_in_two_records_is_listed_as_one(tmp_path: Path, order: str) -> None:
    data = tiff_numbers(iptc(b"13812", b"341234"), "<", order)
    assert any(one.text == "13812341234" for one in entries(tmp_path, data, TIFF))
    raw = raw_profile(b"Raw profile type iptc\0", iptc(b"13812", b"341234"), 10)
    found = entries(tmp_path, with_chunk(b"tEXt", raw), PNG)
    assert any(one.text == "13812341234" for one in found)


def resource(number: int, data: bytes, name: bytes = b"") -> bytes:
    """A resource of Photoshop ("Image Resource Blocks")."""
    name = bytes((len(name),)) + name
    name += b"\0" * (len(name) % 2)
    head = b"8BIM" + number.to_bytes(2, "big") + name + len(data).to_bytes(4, "big")
    return head + data + b"\0" * (len(data) % 2)


def test_records_in_resources_of_photoshop_are_listed_each_and_as_one(tmp_path: Path) -> None:
    body = resource(0x03ED, bytes(16)) + resource(0x0404, iptc(b"13812", b"341234"))
    data = jpeg_segment(0xED, b"Photoshop 3.0\0" + body)
    found = entries(tmp_path, data, JPEG)
    assert any(one.text == "13812341234" for one in found)
    assert {*unread(found)} == {("", "picture")}


@pytest.mark.parametrize(
    "body",
    [
        resource(0x0404, iptc(b"a") + BYTES),
        resource(0x0BB7, BYTES),
        resource(0x0425, BYTES * 9),
        resource(0x0404, iptc(b"a")) + BYTES,
    ],
)
def test_other_resources_of_photoshop_are_listed_and_named(tmp_path: Path, body: bytes) -> None:
    found = entries(tmp_path, jpeg_segment(0xED, b"Photoshop 3.0\0" + body), JPEG)
    assert any(SECRET in one.text for one in found)
    assert ("segment APP13", "records without a reader") in unread(found)


def test_the_name_of_a_resource_of_photoshop_is_listed(tmp_path: Path) -> None:
    body = b"Photoshop 3.0\0" + resource(0x03ED, bytes(16), BYTES)
    found = entries(tmp_path, jpeg_segment(0xED, body), JPEG)
    assert any(SECRET in one.text for one in found)


NUMBER = b"13812341234"
AMONG_PIXELS: dict[str, tuple[str, bytes]] = {
    "JPEG": (JPEG, picture("JPEG")[:-2] + NUMBER + b"\xff\xd9"),
    "GIF": (GIF, picture("GIF", "P")[:-2] + bytes((len(NUMBER),)) + NUMBER + b"\0;"),
}


@pytest.mark.parametrize("kind", AMONG_PIXELS)
def test_text_among_compressed_pixels_is_listed(tmp_path: Path, kind: str) -> None:
    media_type, data = AMONG_PIXELS[kind]
    found = entries(tmp_path, data, media_type)
    assert any(NUMBER.decode() in one.text for one in found), found


def test_a_comment_in_an_old_chinese_encoding_is_listed(tmp_path: Path) -> None:
    found = entries(tmp_path, with_chunk(b"tEXt", "a\0海棠工程".encode("gb18030")), PNG)
    assert any("海棠工程" in one.text for one in found), found


@pytest.mark.parametrize("name", ["海棠工程", "李伟"])
def test_a_short_name_in_the_numbers_of_a_private_tag_is_listed(tmp_path: Path, name: str) -> None:
    units = struct.unpack(f"<{len(name)}H", name.encode("utf-16-le"))
    data = picture("TIFF", tiffinfo={65_000: units})
    assert any(name in one.text for one in entries(tmp_path, data, TIFF))


@pytest.mark.parametrize("kind", tuple(MEDIA_TYPES))
def test_a_plain_picture_holds_nothing_beside_its_pixels(tmp_path: Path, kind: str) -> None:
    options = {} if kind == "WEBP" else {"dpi": (100, 100)}
    data = picture(kind, "P" if kind == "GIF" else "RGB", **options)
    # The numbers of tables and colors are searched as well.
    listed = entries(tmp_path, data, MEDIA_TYPES[kind])
    found = [one for one in listed if one.where not in {"tables", "colors"}]
    assert found == [Entry("", "", EntryKind.unread, "picture")]


def animation(kind: str, mode: str = "RGB") -> bytes:
    return picture(kind, mode, save_all=True, append_images=[Image.new(mode, (40, 30))])


def two_pages() -> bytes:
    return picture("TIFF", save_all=True, append_images=[Image.effect_noise((40, 30), 90)])


NUMBERS = b"\x81\x92"
RECORDS = "records without a reader"
JFIF_THUMBNAIL = b"JFIF\0\1\1\0\0\1\0\1\1\1\0\0\0"
UNREAD: dict[str, tuple[str, bytes, tuple[str, str]]] = {
    "PNG chunk": (PNG, with_chunk(b"anNa", NUMBERS), ("chunk anNa", RECORDS)),
    "PNG damaged text": (PNG, with_chunk(b"zTXt", b"a\0\0zzz"), ("chunk zTXt", RECORDS)),
    "PNG animation": (PNG, animation("PNG"), ("further frames", "picture")),
    "GIF animation": (GIF, animation("GIF", "P"), ("further frames", "picture")),
    "WebP animation": (WEBP, animation("WEBP"), ("further frames", "picture")),
    "WebP chunk": (WEBP, webp_chunk(b"ANNA", NUMBERS), ("unknown chunk", RECORDS)),
    "JPEG thumbnail": (JPEG, jpeg_segment(0xE0, JFIF_THUMBNAIL), ("thumbnail", "picture")),
    "JPEG segment": (JPEG, jpeg_segment(0xE7, NUMBERS), ("segment APP7", RECORDS)),
    "second picture": (JPEG, 2 * picture("JPEG"), ("data after the end", "picture")),
    "TIFF second page": (TIFF, two_pages(), ("page 2", "picture")),
}


@pytest.mark.parametrize("part", UNREAD)
def test_a_part_that_cannot_be_read_is_named(tmp_path: Path, part: str) -> None:
    media_type, data, named = UNREAD[part]
    assert named in unread(entries(tmp_path, data, media_type))


def test_very_many_or_large_parts_are_named_and_not_read(tmp_path: Path) -> None:
    data = picture()
    many = data[:33] + chunk(b"tEXt", b"a\0b") * 20_000 + data[33:]
    found = entries(tmp_path, many, PNG)
    assert ("metadata", "beyond the limits") in unread(found)
    assert len(found) < 11_000
    large = data[:33] + chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(900_000))) * 40 + data[33:]
    small = ReadLimits(max_chars=10_000, max_pages=5, max_expanded_bytes=20_000_000)
    found = list(inventory(saved(tmp_path, large), PNG, small))
    assert ("metadata", "beyond the limits") in unread(found)
    assert len(found) < 30


def test_text_under_transparent_pixels_is_named(tmp_path: Path) -> None:
    page = Image.new("RGB", (90, 40), "white")
    ImageDraw.Draw(page).text((5, 5), "Anna", fill="black")
    page.putalpha(0)
    written = io.BytesIO()
    page.save(written, "PNG")
    assert unread(entries(tmp_path, written.getvalue(), PNG)) == {("transparent pixels", "picture")}
    clear = Image.new("RGBA", (90, 40), (0, 0, 0, 0))
    written = io.BytesIO()
    clear.save(written, "PNG")
    assert entries(tmp_path, written.getvalue(), PNG) == []


def in_alpha(color: str, kind: str = "PNG", mode: str = "RGBA") -> bytes:
    """A picture of one color, with a word in its alpha channel only."""
    alpha = Image.new("L", (90, 40), 0)
    ImageDraw.Draw(alpha).text((5, 5), "Anna", fill=255)
    page = Image.new("RGB", alpha.size, color)
    page.putalpha(alpha)
    written = io.BytesIO()
    page.convert(mode).save(written, kind)
    return written.getvalue()


@pytest.mark.parametrize(
    ("kind", "mode"), [("PNG", "RGBA"), ("PNG", "LA"), ("TIFF", "RGBA"), ("GIF", "RGBA")]
)
def test_a_word_in_the_alpha_channel_only_is_named(tmp_path: Path, kind: str, mode: str) -> None:
    found = entries(tmp_path, in_alpha("white", kind, mode), MEDIA_TYPES[kind])
    assert ("transparency", "picture") in unread(found)


def test_an_alpha_channel_that_shows_what_the_colors_show_is_not_named(tmp_path: Path) -> None:
    assert unread(entries(tmp_path, in_alpha("navy"), PNG)) == {("", "picture")}
    corners = Image.new("L", (90, 40), 0)
    ImageDraw.Draw(corners).rounded_rectangle((0, 0, 89, 39), 4, fill=255)
    page = Image.new("RGB", (90, 40), "white")
    page.putalpha(corners)
    written = io.BytesIO()
    page.save(written, "PNG")
    assert entries(tmp_path, written.getvalue(), PNG) == []


@pytest.mark.parametrize("size", [(1, 1), (1, 30), (40, 1)])
def test_a_line_of_transparent_pixels_is_read(tmp_path: Path, size: tuple[int, int]) -> None:
    written = io.BytesIO()
    Image.new("RGBA", size, (255, 255, 255, 128)).save(written, "PNG")
    assert entries(tmp_path, written.getvalue(), PNG) == []


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_picture_of_one_color_has_nothing_to_read(tmp_path: Path, kind: str) -> None:
    written = io.BytesIO()
    Image.new("RGB", (300, 200), "white").save(written, kind)
    assert unread(entries(tmp_path, written.getvalue(), MEDIA_TYPES[kind])) == set()


def test_a_picture_that_is_blank_at_an_eighth_of_its_size_is_decoded_whole(tmp_path: Path) -> None:
    # The dark and light pixels of each block have the mean of all others.
    board = Image.new("L", (320, 320))
    board.putdata([255 * ((x + y) % 2) for y in range(320) for x in range(320)])
    written = io.BytesIO()
    board.save(written, "JPEG", quality=95)
    reduced = Image.open(io.BytesIO(written.getvalue()))
    reduced.draft(None, (40, 40))
    assert reduced.getcolors(1) is not None
    assert unread(entries(tmp_path, written.getvalue(), JPEG)) == {("", "picture")}


@pytest.mark.parametrize("kind", tuple(MEDIA_TYPES))
@pytest.mark.parametrize("cut", [0.2, 0.5, 0.9])
def test_a_damaged_picture_is_named(tmp_path: Path, kind: str, cut: float) -> None:
    data = picture(kind, "P" if kind == "GIF" else "RGB")
    with suppress(CorruptDocument):  # the pages of a TIFF cannot be counted
        assert unread(entries(tmp_path, data[: round(cut * len(data))], MEDIA_TYPES[kind]))


def test_the_strings_of_a_picture_that_cannot_be_opened_are_listed(tmp_path: Path) -> None:
    found = entries(tmp_path, b"\x89PNG\r\n\x1a\n" + BYTES, PNG)
    assert SECRET in found[0].text
    assert unread(found) == {("", "picture")}


def test_the_position_where_a_picture_was_taken_is_listed(tmp_path: Path) -> None:
    tags = Image.Exif()
    tags[0x8825] = {1: "N", 2: (59.0, 19.0, 30.0), 3: "E", 4: (18.0, 4.0, 0.0)}
    texts = [one.text for one in entries(tmp_path, picture("JPEG", exif=tags), JPEG)]
    assert "latitude 59.0 19.0 30.0" in texts
    assert "longitude 18.0 4.0 0.0" in texts


def test_the_thumbnail_and_the_makers_notes_are_named(tmp_path: Path) -> None:
    tags = Image.Exif()
    tags.get_ifd(0x8769)[0x927C] = b"\x91" * 20 + BYTES
    found = entries(tmp_path, picture("JPEG", exif=tags), JPEG)
    assert unread(found) == {
        ("", "picture"), ("notes of the camera's maker", "records without a reader"),
    }  # fmt: skip
    assert any(SECRET in one.text for one in found)
    directory = struct.pack("<HHHLLL", 1, 0x0112, 3, 1, 1, 26)
    thumbnail = struct.pack("<HHHLLL", 1, 0x0103, 3, 1, 6, 0)
    data = b"Exif\0\0II*\0\x08\0\0\0" + directory + thumbnail
    assert ("thumbnail", "picture") in unread(entries(tmp_path, jpeg_segment(0xE1, data), JPEG))
