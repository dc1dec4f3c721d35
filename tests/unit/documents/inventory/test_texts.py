"""Text files, encodings, settings, fonts, and entries joined for searching."""

from __future__ import annotations

import base64
import binascii
import gzip
import hashlib
import io
import struct
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from documents.inventory.encodings import decoded, encoded
from documents.inventory.entry import Entry, EntryKind
from documents.inventory.fonts import font_strings, revealed
from documents.inventory.joined import SEPARATOR, joined
from documents.inventory.package.settings import is_setting
from documents.readers import docx, markdown, pictures, text
from standin.documents.builders import PARAGRAPH, as_docx
from tests.unit.documents.inventory.places import NAME, entries_of, texts_of, unread_of, with_parts


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_a_text_file_is_one_whole_entry(tmp_path: Path, encoding: str) -> None:
    data = f"关于某事的通知\r\n{NAME}\r\n".encode(encoding)
    (entry,) = entries_of(tmp_path, data, text.MEDIA_TYPE)
    assert (entry.text, entry.whole) == (f"关于某事的通知\n{NAME}\n", True)


def test_encoded_text_of_a_markdown_file_is_found(tmp_path: Path) -> None:
    run = base64.b64encode(NAME.encode()).decode()
    data = f"# Notice\n\n[a](data:text/plain;base64,{run})\n".encode()
    assert NAME in texts_of(entries_of(tmp_path, data, markdown.MEDIA_TYPE))


def test_a_text_with_tags_is_also_listed_without_them(tmp_path: Path) -> None:
    entries = entries_of(tmp_path, f"正文{NAME[0]}<b>{NAME[1:]}</b> 完".encode(), text.MEDIA_TYPE)
    assert [one.text for one in entries][1:] == [f"正文{NAME} 完"]


def test_the_rest_of_a_long_text_and_bytes_that_are_no_text_are_unread(tmp_path: Path) -> None:
    long = b"a\n" * (8 * 1024 * 1024 + 1)
    assert unread_of(entries_of(tmp_path, long, text.MEDIA_TYPE)) == [("beyond the limits", "text")]
    damaged = "中文内容，".encode() * 200 + b"\xff" + "中文内容，".encode() * 200
    found = unread_of(entries_of(tmp_path, damaged, text.MEDIA_TYPE))
    assert found == [("damaged", "bytes that are not text")]


def test_a_format_without_a_walk_is_unread(tmp_path: Path) -> None:
    assert unread_of(entries_of(tmp_path, b"-", "application/x-other")) == [
        ("format without an inventory", "")
    ]


def picture(*, blank: bool) -> bytes:
    image = Image.new("RGB", (30, 30), "white")
    if not blank:
        image.putpixel((1, 1), (0, 0, 0))
    exif = Image.Exif()
    exif[0x010E] = "zhang"
    image.save(data := io.BytesIO(), "JPEG", exif=exif)
    return data.getvalue()


def test_a_picture_of_one_colour_is_read(tmp_path: Path) -> None:
    entries = entries_of(tmp_path, picture(blank=True), pictures.JPEG)
    assert "zhang" in texts_of(entries)
    assert unread_of(entries) == []
    assert unread_of(entries_of(tmp_path, picture(blank=False), pictures.JPEG)) == [("picture", "")]


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("100% of 5%", "100% of 5%"),
        ("%E5%BC%A0", "张"),
        ("%D5%C5", "张"),
        ("%25E5%25BC%25A0", "张"),
        ("&#24352;&amp;amp;", "张&"),
        (r"\u5f20\u{5f20}\x41", "张张A"),
        (r"\ud842\udfb7", "𠮷"),
        (r"C:\5f20", "C:张"),
        (r"\xe5\xbc\xa0 \xD5\xC5 \x41 caf\xe9", "张 张 A café"),
        (r"\U00020bb7\U00005F20\u{20bb7} \U00200000", r"𠮷张𠮷 \U00200000"),
        (r"\u24352?\u-10174?\u-8265?\u5f20? \'d5\'c5 a\'deb", r"张𠮷张? 张 a\'deb"),
        (r'content:"\31 \33\000038 \5f20大"', 'content:"138张大"'),
        (r"(\d83d\de00) \31 (\b)", r"(😀) \31 (\b)"),
        ("%FF", "%FF"),
        ("%u5f20%ud842%udfb7", "张𠮷"),
        ("N:=E5=BC=A0=\r\n=E4=B8=89", "N:张三"),
        ("N:=D5=C5", "N:张"),
        ("a=1&b=2F=3", "a=1&b=2F=3"),
        ("_x0031__x5F20__xD842__xDFB7_", "1张𠮷"),
        ("http://xn--cpqy30b.example/", "http://张伟.example/"),
        (r"\345\274\240 \061\063", "张 13"),
        (r"(a)\061 xn-- _x31_", r"(a)\061 xn-- _x31_"),
        ("xn--999999999999999", "xn--999999999999999"),
    ],
)
def test_escapes_are_decoded(written: str, text: str) -> None:
    assert decoded(written) == text


@pytest.mark.parametrize("text", ["12位李伟", "姓名：李伟", "11010519491231002X"])
@pytest.mark.parametrize("mark", ["", "-", "_"])
def test_base64_before_a_hyphen_is_decoded(text: str, mark: str) -> None:
    for encoding in ("utf-8", "utf-16-be"):
        digits = base64.urlsafe_b64encode(text.encode(encoding)).decode().rstrip("=")
        runs = encoded(f"a &{digits}{mark} b")
        assert any(text in one for run in runs for one in run.texts)


def test_identifiers_are_not_taken_for_encoded_text() -> None:
    words = "WordprocessingML GetElementById 00A12345 http://example.org/a/b/c"
    assert [run.texts for run in encoded(words) if run.texts] == []


def _uuencoded(data: bytes) -> str:
    lines = (binascii.b2a_uu(data[at : at + 45]) for at in range(0, len(data), 45))
    return "begin 644 a.txt\n" + b"".join(lines).decode() + "`\nend\n"


def _z85(data: bytes) -> str:
    """RFC 32 of ZeroMQ."""
    digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"
    data += b"." * (-len(data) % 4)
    groups = (int.from_bytes(data[at : at + 4], "big") for at in range(0, len(data), 4))
    return "".join(
        digits[group // 85**power % 85] for group in groups for power in range(4, -1, -1)
    )


BYTES_AS_TEXT: dict[str, Callable[[bytes], str]] = {
    "Base32": lambda data: base64.b32encode(data).decode(),
    "Base32 without padding": lambda data: base64.b32encode(data).decode().rstrip("="),
    "Base32 in lines": lambda data: "\n".join(
        textwrap.wrap(base64.b32encode(data * 3).decode(), 40)
    ),
    "uuencode": _uuencoded,
    "Base85": lambda data: base64.a85encode(data, adobe=True).decode(),
    "unmarked Base85": lambda data: base64.b85encode(b"Nr. " + data + b" ....").decode(),
    "unmarked Ascii85": lambda data: base64.a85encode(b"Nr. " + data + b" ....").decode(),
    "Base85 of ZeroMQ in quotes": lambda data: f'"{_z85(b"Nr. " + data + b" .....")}"',
    "hexadecimal bytes": lambda data: ", ".join(f"0x{byte:02x}" for byte in data),
    "decimal bytes": lambda data: f"[{','.join(map(str, data))}]",
    "a line a byte": lambda data: ",\n  ".join(map(str, data)),
    "codes of characters": lambda data: ", ".join(str(ord(char)) for char in data.decode()),
    "lines of hexadecimal digits": lambda data: "\n".join(
        textwrap.wrap((b"Nr. " + data + b".").hex(), 18)
    ),
    "a dump": lambda data: data.hex(" "),
    "a dump with hyphens": lambda data: data.hex("-").upper(),
}


@pytest.mark.parametrize("form", BYTES_AS_TEXT)
@pytest.mark.parametrize("value", [NAME, "13812341234"])
def test_bytes_in_other_digits_are_read(value: str, form: str) -> None:
    written = f"见下文：\n{BYTES_AS_TEXT[form](value.encode())}\n完。"
    assert any(value in text for run in encoded(written) for text in run.texts)


def test_a_file_in_other_digits_is_opened(tmp_path: Path) -> None:
    packed = as_docx([(PARAGRAPH, NAME)])
    for form in (_uuencoded(packed), base64.a85encode(packed, adobe=True).decode()):
        assert NAME in texts_of(entries_of(tmp_path, form.encode(), text.MEDIA_TYPE))
    data = _uuencoded(bytes(range(256)))
    assert unread_of(entries_of(tmp_path, data.encode(), text.MEDIA_TYPE)) == [
        ("encoded data", "text, encoded data")
    ]


def test_ordinary_figures_and_words_are_no_data() -> None:
    words = (
        "2021,2022,2023,2024 1,234,567 12,49,50,51,52,255,300 AA-BB-CC-DD-EE-FF 10:20:30:40 "
        "https://www.example.gov.cn/art/2026/6/1/art_12345_6789012.html?id=1&page=2 "
        "-------------------- .................... ==================== {{ page.title|safe }} "
        "ANNOUNCEMENT OF THE DEPARTMENTS\n2026-01-02 0x31 "
    )
    assert [run.data for run in encoded(words) if run.data] == []


def test_long_encoded_data_is_offered_as_bytes() -> None:
    data = bytes(range(256)) * 2
    lines = base64.encodebytes(data).decode()
    assert data in [run.data for run in encoded(lines)]


def test_encoded_data_that_is_cut_is_offered() -> None:
    data = bytes(range(256)) * 2
    run = base64.b64encode(data).decode().rstrip("=")
    for end in range(4):
        assert [one.data[:99] for one in encoded(run[: len(run) - end])] == [data[:99]]
    assert [one.data for one in encoded(f"见 {data.hex()} 完")] == [data]


@pytest.mark.parametrize("cut", range(4))
@pytest.mark.parametrize("value", [NAME, "13812341234"])
def test_text_within_a_damaged_file_in_base64_is_read(value: str, cut: int) -> None:
    stored = b"PK\x03\x04\x14\x00\x00\x00\x00\x00\xff" + value.encode() + bytes(range(128, 190))
    run = base64.b64encode(stored).decode()
    lines = f"{run[:9]}\u00c1{run[9 + cut : 40]}\r\n{run[40:]}"
    assert any(value in text for one in encoded(lines) for text in one.texts)


@pytest.mark.parametrize("first", [20, 22, 23, 24, 26, 28])
def test_a_line_of_any_length_before_a_rest_is_read(first: int) -> None:
    run = base64.b64encode(b"138123412341381234123413812341234").decode()[: first + 3]
    assert list(encoded(f"{run[:first]}\n{run[first:]}"))


def test_lines_that_a_reader_joined_with_spaces_are_one_run() -> None:
    data = bytes(range(256)) * 2
    lines = base64.encodebytes(data).decode()
    assert data in [one.data for one in encoded(lines.replace("\n", " "))]
    words = [base64.b64encode(f"{name}电话13812341234，二〇二六年六月".encode()) for name in "甲乙"]
    texts = [one.texts for one in encoded(" ".join(word.decode() for word in words))]
    assert len(texts) == 2
    assert all("13812341234" in text for (text, *_) in texts)


def test_a_short_file_is_data_and_hashes_are_not() -> None:
    file = gzip.compress(b"13812341234")
    assert [one.data for one in encoded(base64.b64encode(file).decode())] == [file]
    assert [one.data for one in encoded(file.hex())] == [file]
    hashes = "\n".join(hashlib.sha256(bytes([at])).hexdigest() for at in range(9))
    assert [one for one in encoded(hashes) if one.data] == []


RARE = "\U0002cb4e堃明"
BYTES = {
    "UTF-8": RARE.encode(),
    "GB 18030": "张三丰".encode("gb18030"),
    "UTF-16": RARE.encode("utf-16-le"),
    "UTF-16, big-endian": RARE.encode("utf-16-be"),
    "UTF-16 of digits": "13812341234".encode("utf-16-be"),
    "UTF-16 of digits after other bytes": b"\0\xff" + "13812341234".encode("utf-16-le"),
    "UTF-16 after a byte": b"\x01" + RARE.encode("utf-16-le"),
    "UTF-16 before a byte": RARE.encode("utf-16-be") + b"\xd8",
    "damaged UTF-16": f"号码：{RARE}。以上属实".encode("utf-16-le").replace(
        "上".encode("utf-16-le"), b"\0\xd8"
    ),
}


@pytest.mark.parametrize("name", BYTES)
@pytest.mark.parametrize("write", [lambda data: base64.b64encode(data).decode(), bytes.hex])
def test_bytes_are_read_in_every_usual_encoding(name: str, write: Callable[[bytes], str]) -> None:
    (first, *_) = encoded(f"见 {write(BYTES[name])} 附件")
    wanted = "张三丰" if name == "GB 18030" else "13812341234" if "digits" in name else RARE
    assert any(wanted in text for text in first.texts)


@pytest.mark.parametrize(
    ("encoding", "words"),
    [
        ("utf-8", "张三"),
        ("utf-8", "\U0002cb4e明"),
        ("utf-8", "a@b.cn"),
        ("gb18030", "张三丰"),
        ("gb18030", "张三138"),
        ("utf-16-le", "张三丰"),
        ("utf-16-be", "张三丰"),
        ("utf-16-le", "\U0002cb4e明。"),
        ("utf-16-be", "\U0002cb4e明，"),
        ("utf-16-le", "13812341"),
        ("utf-16-be", "“张三·Ａ”"),
    ],
)
def test_a_few_characters_are_read_in_every_encoding(encoding: str, words: str) -> None:
    data = words.encode(encoding)
    runs = [base64.b64encode(data), base64.urlsafe_b64encode(data).rstrip(b"=")]
    if encoding.startswith("utf-16"):
        runs += [base64.b64encode(b"\1" + data), base64.b64encode(data + b"\1")]
    if encoding == "utf-8":
        runs += [before + runs[0] for before in (b"a", b"ab", b"abc")]
    for run in runs:
        texts = [text for one in encoded(f"见 {run.decode()}，") for text in one.texts]
        assert any(words.strip("“”") in text for text in texts), run


@pytest.mark.parametrize("before", ["a", "ab", "abc"])
def test_base64_right_after_a_word_is_read(before: str) -> None:
    run = base64.b64encode("电话13812341234".encode()).decode()
    (found,) = encoded(f"{before}{run}")
    assert any("13812341234" in text for text in found.texts)


@pytest.mark.parametrize(
    ("element", "attribute", "value", "expected"),
    [
        ("jc", "val", "left", True),
        ("sz", "val", "24", True),
        ("color", "val", "FF0000", True),
        ("p", "rsidR", "00A12345", True),
        ("posOffset", "", "-120", True),
        ("blip", "embed", "rId4", True),
        ("created", "", "2026-01-01T00:00:00Z", True),
        ("jc", "val", NAME, False),
        ("sz", "val", "13812341234", False),
        ("posOffset", "", NAME, False),
        ("docVar", "val", "left", False),
        ("bookmarkStart", "name", "left", False),
        ("title", "", "24", False),
        ("anything", "else", "1", False),
    ],
)
def test_a_setting_has_a_known_place_and_form(
    element: str, attribute: str, value: str, *, expected: bool
) -> None:
    assert is_setting(element, attribute, value) is expected


def font(*tables: tuple[bytes, bytes]) -> bytes:
    start = 12 + 16 * len(tables)
    directory, body = b"", b""
    for tag, data in tables:
        directory += struct.pack(">4sIII", tag, 0, start + len(body), len(data))
        body += data
    return struct.pack(">4sHHHH", b"\0\1\0\0", len(tables), 0, 0, 0) + directory + body


WIDE = NAME.encode("utf-16-be")
NAMES = struct.pack(">HHH", 0, 1, 18) + struct.pack(">6H", 3, 1, 0, 1, len(WIDE), 0) + WIDE


def test_the_names_of_a_font_are_listed(tmp_path: Path) -> None:
    data = font((b"glyf", b"\1\2"), (b"name", NAMES))
    assert font_strings(data) == [NAME]
    assert font_strings(font((b"odd ", b"\1\2"))) is None
    assert font_strings(data + NAME.encode()) is None
    package = with_parts(as_docx([(PARAGRAPH, "正文")]), {"word/fonts/a.ttf": data})
    entries = entries_of(tmp_path, package, docx.MEDIA_TYPE)
    assert NAME in texts_of(entries)
    assert unread_of(entries) == []


def test_an_obfuscated_font_is_revealed() -> None:
    data = font((b"name", NAMES))
    key = b"302EE813-EB4A-4642-A93A-89EF99B2457E"
    mask = bytes.fromhex(key.replace(b"-", b"").decode())[::-1] * 2
    hidden = bytes(one ^ other for one, other in zip(data, mask, strict=False)) + data[32:]
    assert font_strings(hidden) is None
    assert revealed(hidden, [b"0" * 8 + key[8:], key]) == data


def test_entries_are_joined_and_found_again() -> None:
    entries = [Entry(f"place {n}", "字" * (n % 7), EntryKind.hidden) for n in range(100_000)]
    batches = list(joined(entries))
    assert len(batches) > 1
    assert [one for batch in batches for one in batch.entries] == entries
    for batch in batches:
        assert SEPARATOR.join(one.text for one in batch.entries) == batch.text
        for index in (0, len(batch.entries) - 1):
            assert batch.at(batch.starts[index]) is batch.entries[index]
    starts = batches[0].starts
    spans = [(starts[3], starts[5] + 1), (starts[2], starts[2] + 1)]
    assert list(batches[0].within(spans)) == batches[0].entries[2:6]


def test_a_name_in_a_few_bytes_that_are_text_in_another_encoding_is_listed(tmp_path: Path) -> None:
    name = "\U00023c97昱棠"
    entries = entries_of(tmp_path, b"\x30\x82" + name.encode(), text.MEDIA_TYPE)
    assert name in texts_of(entries)
    assert unread_of(entries) == []


def yenc(words: bytes) -> bytes:
    data = bytes((byte + 42) % 256 for byte in words)
    return b"Text.\n=ybegin line=128 size=21 name=a.txt\n" + data + b"\n=yend size=21\nText.\n"


def test_yenc_is_decoded(tmp_path: Path) -> None:
    entries = entries_of(tmp_path, yenc(b"13812341234, 12"), text.MEDIA_TYPE)
    assert "13812341234" in texts_of(entries)
    assert unread_of(entries) == []


def test_yenc_whose_bytes_are_lost_is_named(tmp_path: Path) -> None:
    entries = entries_of(tmp_path, yenc(b"13812341234, some letters"), text.MEDIA_TYPE)
    assert ("encoded data", "text, encoded data") in unread_of(entries)
