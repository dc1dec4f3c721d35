"""Text is found in bytes however it is encoded, compressed and nested."""

from __future__ import annotations

import base64
import binascii
import bz2
import gzip
import io
import json
import lzma
import os
import quopri
import zipfile
import zlib
from collections.abc import Callable
from itertools import product
from urllib.parse import quote

import pytest

from documents.errors import RedactionIncomplete
from documents.limits import MIB
from documents.masking.verification.decoded_bytes import layers
from documents.masking.verification.value_search import ValueSearch
from tasks.redact.masker import find_values

NUMBER, NAME = "13812341234", "张某某"
AROUND = "经办人{}来电，请回复。"


def finds(data: bytes, *values: str, settings: tuple[str, ...] = ()) -> bool:
    search = ValueSearch(values or (NUMBER, NAME), find_values, lambda: settings)
    return any(search.finds(layer) for layer in layers(data, 64 * MIB))


def zipped(data: bytes, name: str = "a", method: int = zipfile.ZIP_DEFLATED) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", method) as packed:
        packed.writestr(name, data)
    return written.getvalue()


def stream(data: bytes, filters: str) -> bytes:
    return b"1 0 obj <</Filter %s>>\nstream\n%s\nendstream endobj" % (filters.encode(), data)


def shown(data: bytes) -> bytes:
    return b"BT (" + data + b") Tj ET"


def ascii85(data: bytes) -> bytes:
    return base64.a85encode(data) + b"~>"


def run_lengths(data: bytes) -> bytes:
    return b"".join(bytes((0, byte)) for byte in data) + b"\x80"


def lzw(data: bytes) -> bytes:
    """Codes of 9 bits for single bytes, with a clear code before the width would grow."""
    codes: list[int] = []
    for at, byte in enumerate(data):
        codes += [256] * (at % 200 == 0) + [byte]
    bits = "".join(f"{code:09b}" for code in [*codes, 257])
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def kerned(text: str) -> bytes:
    return b"[" + b"-20".join(b"(%s)" % char.encode("gb18030") for char in text) + b"] TJ"


def in_lines(data: bytes, size: int) -> bytes:
    return b"\n".join(data[at : at + size] for at in range(0, len(data), size))


def uuencoded(text: str) -> bytes:
    data = text.encode()
    lines = (binascii.b2a_uu(data[at : at + 45]) for at in range(0, len(data), 45))
    return b"begin 644 a\n" + b"".join(lines) + b"`\nend\n"


def utf_7(text: str) -> bytes:
    return b"+" + base64.b64encode(text.encode("utf-16-be")).rstrip(b"=") + b"-"


def halves(text: str) -> tuple[str, str]:
    return text[: len(text) // 2], text[len(text) // 2 :]


ENCODINGS: dict[str, Callable[[str], bytes]] = {
    "utf-8": str.encode,
    "gb18030": lambda text: text.encode("gb18030"),
    "utf-16": lambda text: text.encode("utf-16"),
    "utf-16 in bytes": lambda text: os.urandom(33) + text.encode("utf-16-be") + os.urandom(30),
    "percent": lambda text: quote(text).encode(),
    "percent, GBK": lambda text: quote(text.encode("gb18030")).encode(),
    "percent, twice": lambda text: quote(quote(text)).encode(),
    "entities": lambda text: "".join(f"&#{ord(char)};" for char in text).encode(),
    "JSON": lambda text: "".join(f"\\u{ord(char):04x}" for char in text).encode(),
    "bytes in JSON": lambda text: json.dumps(
        json.dumps("".join(f"\\x{byte:02x}" for byte in text.encode()))
    ).encode(),
    "JSON in JSON": lambda text: json.dumps(json.dumps(json.dumps(text))).encode(),
    "references with zeros": lambda text: "".join(f"&#{ord(one):015d};" for one in text).encode(),
    "notation of code points": lambda t: " ".join(f"U+{ord(one):04X}" for one in t).encode(),
    "code points": lambda text: "".join(f"\\U{ord(char):08x}" for char in text).encode(),
    "code points in braces": lambda t: "".join(f"\\u{{{ord(char):x}}}" for char in t).encode(),
    "RTF, decimal": lambda text: "".join(
        f"\\u{ord(char)}?" if ord(char) > 999 else char for char in text
    ).encode(),
    "RTF": lambda text: "".join(f"\\'{byte:02x}" for byte in text.encode("gb18030")).encode(),
    "quoted-printable": lambda text: quopri.encodestring(text.encode(), quotetabs=True),
    "Base64": lambda text: base64.b64encode(text.encode()),
    "Base64, URL": lambda text: b"/path/" + base64.urlsafe_b64encode(text.encode()),
    "Base64, GBK": lambda text: b"=?gb18030?B?%s?=" % base64.b64encode(text.encode("gb18030")),
    "Base64, UTF-16": lambda text: base64.encodebytes((text * 20).encode("utf-16")),
    "hexadecimal": lambda text: text.encode().hex().encode(),
    "hexadecimal, UTF-16": lambda text: b"<FEFF%s>" % text.encode("utf-16-be").hex().encode(),
    "octal": lambda text: shown("".join(f"\\{byte:03o}" for byte in text.encode()).encode()),
    "octal, outside PDF": lambda t: "".join(f"\\{byte:03o}" for byte in t.encode()).encode(),
    "style": lambda text: "".join(f"\\{ord(one):06x}" for one in text).encode(),
    "style, short": lambda text: "".join(f"\\{ord(one):x} " for one in text).encode(),
    "XML escapes": lambda text: "".join(f"_x{ord(one):04X}_" for one in text).encode(),
    "Base32": lambda text: base64.b32encode(text.encode()),
    "Base32, lines": lambda text: in_lines(base64.b32encode(text.encode()), 16),
    "Base85": lambda text: base64.a85encode(text.encode(), adobe=True),
    "uuencode": uuencoded,
    "list": lambda text: ", ".join(map(str, text.encode())).encode(),
    "list, hexadecimal": lambda text: ",".join(f"0x{one:02x}" for one in text.encode()).encode(),
    "list of codes": lambda text: ",".join(str(ord(one)) for one in text).encode(),
    "dump": lambda text: text.encode().hex(" ").encode(),
    "dump, colons": lambda text: text.encode().hex(":").encode(),
    "dump, hyphens": lambda text: text.encode().hex("-").encode(),
    "Punycode": lambda text: b"http://xn--" + text.rstrip("。").encode("punycode"),
    "UTF-7": utf_7,
    "RFC 2231": lambda text: b";\n ".join(
        b"filename*%d*=%s" % (at, quote(part).encode()) for at, part in enumerate(halves(text))
    ),
    "kerning": kerned,
    "PDF string": lambda text: b"1 0 obj (\xfe\xff%s)" % text.encode("utf-16-be"),
    "PDF string in lines": lambda text: shown("\\\n".join(text).encode()),
    "PDF name": lambda text: b"1 0 obj /%s" % quote(text).replace("%", "#").encode(),
    "XML runs": lambda text: "</w:t></w:r><w:r><w:t>".join(text).encode(),
    "XML runs of entities": lambda t: "</t><t>".join(f"&#{ord(one)};" for one in t).encode(),
    "escaped HTML": lambda text: "&lt;/b&gt;&lt;b&gt;".join(text).encode(),
    "full width": lambda text: text.translate(
        {code: code + 0xFEE0 for code in range(48, 58)}
    ).encode(),
    "one a line": lambda text: "\n".join(text).encode(),
}
CONTAINERS: dict[str, Callable[[bytes], bytes]] = {
    "none": lambda data: data,
    "zip": zipped,
    "zip, stored": lambda data: zipped(data, method=zipfile.ZIP_STORED),
    "zip, bzip2": lambda data: zipped(data, method=zipfile.ZIP_BZIP2),
    "zip in zip": lambda data: zipped(zipped(data)),
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "Base64 of zip": lambda data: base64.encodebytes(zipped(data)),
    "data URI": lambda data: b"<a href='data:x;base64,%s'>" % base64.b64encode(zipped(data)),
    "hexadecimal of zip": lambda data: zipped(data).hex().encode(),
    "quoted-printable": quopri.encodestring,
    "deflate": lambda data: stream(zlib.compress(data), "/FlateDecode"),
    "ASCII85": lambda data: stream(ascii85(zlib.compress(data)), "[/ASCII85Decode/FlateDecode]"),
    "ASCIIHex": lambda data: stream(zlib.compress(data).hex().encode() + b">", "/ASCIIHexDecode"),
    "run lengths": lambda data: stream(run_lengths(data), "/RunLengthDecode"),
    "LZW": lambda data: stream(lzw(data), "/LZWDecode"),
    "LZW, named elsewhere": lambda data: stream(lzw(data), "9 0 R"),
    "after other bytes": lambda data: os.urandom(1_000) + zipped(data),
}


@pytest.mark.parametrize(("encoding", "container"), list(product(ENCODINGS, CONTAINERS)))
def test_values_are_found_in_every_encoding_and_container(encoding: str, container: str) -> None:
    for value in (NUMBER, NAME):
        inner = ENCODINGS[encoding](AROUND.format(value))
        assert finds(CONTAINERS[container](inner)), value
        clean = ENCODINGS[encoding](AROUND.format("张*某138****1234"))
        assert not finds(CONTAINERS[container](clean))


@pytest.mark.parametrize("cut", range(1, 5))
def test_values_are_found_in_base64_whose_beginning_is_damaged(cut: int) -> None:
    written = base64.b64encode(b"\x01\x02" * 300 + zipped(AROUND.format(NUMBER).encode()))
    assert finds(written[40 + cut :])
    assert not finds(written[40 + cut :][:-400])


@pytest.mark.parametrize("kind", range(5))
def test_values_behind_a_predictor_are_found(kind: int) -> None:
    text = f"BT ({NUMBER} and more) Tj ET".encode().ljust(60)
    rows, above = [], bytes(20)
    for at in range(0, 60, 20):
        line = text[at : at + 20]
        rows.append(bytes([kind]) + predicted(kind, line, above))
        above = line
    about = "/FlateDecode /DecodeParms <</Predictor 15 /Columns 20>>"
    assert finds(stream(zlib.compress(b"".join(rows)), about))


def predicted(kind: int, line: bytes, above: bytes) -> bytes:
    written = []
    for at, byte in enumerate(line):
        left, up = (line[at - 1] if at else 0), above[at]
        corner = above[at - 1] if at else 0
        paeth = min((left, up, corner), key=lambda one: abs(one - (left + up - corner)))
        guess = (0, left, up, (left + up) // 2, paeth)[kind]
        written.append(byte - guess & 0xFF)
    return bytes(written)


def test_a_part_that_no_directory_lists_is_read() -> None:
    hidden = zipped(NUMBER.encode() * 3)
    assert finds(hidden[: hidden.rfind(b"PK\x01\x02")] + zipped(b"other"))


def test_a_damaged_stream_is_read_up_to_the_damage() -> None:
    text = f"{NUMBER}{os.urandom(3_000).hex()}".encode()
    packed = zlib.compress(text)
    assert finds(packed[:900] + b"\xff" * 400)


@pytest.mark.parametrize("before", range(0x08, 0x80, 0x10))
def test_compressed_data_is_found_after_a_byte_that_could_begin_it(before: int) -> None:
    assert finds(bytes([before]) + zlib.compress(AROUND.format(NUMBER).encode()))


def test_random_bytes_hold_nothing() -> None:
    assert not finds(os.urandom(3 * MIB), NAME, "张三", "88886666", NUMBER, "Lee")


def test_four_bytes_by_chance_are_no_encrypted_member() -> None:
    header = b"PK\x03\x04" + bytes([20, 0, 1, 0, 8, 0]) + bytes(16) + b"\x05\x00\x00\x00"
    assert not finds(header + b"\x01\x02\x03\x04\x05" + bytes(99), NAME)
    with pytest.raises(RedactionIncomplete, match="encrypted"):
        finds(header + b"a.txt" + bytes(99), NAME)


def test_a_word_of_the_format_is_no_value() -> None:
    xml = b'<w:header w:border="1"><w:p w:val="left"/></w:header>'
    assert not finds(zipped(xml), "header", "border")
    assert not finds(zipped(xml), "left", settings=("left",))
    assert finds(zipped(xml), "left")
    assert finds(zipped(xml.replace(b"<w:p", b"our header<w:p")), "header")
    assert not finds(b"1 0 obj <</Type/Page/Parent 2 0 R>> endobj", "page", "parent", "endobj")


def test_short_numbers_count_as_whole_words_only() -> None:
    assert not finds(b"12345678 0 R", "23456")
    assert finds(b"no. 23456.", "23456")


def test_encrypted_parts_are_refused() -> None:
    data = bytearray(zipped(b"text"))
    data[6] |= 1
    with pytest.raises(RedactionIncomplete, match="encrypted"):
        finds(bytes(data))


def test_a_bomb_is_refused() -> None:
    bomb = gzip.compress(bytes(200 * MIB))
    with pytest.raises(RedactionIncomplete, match="too large"):
        finds(bomb)


def test_deep_nesting_is_refused() -> None:
    data = b"text"
    for _ in range(40):
        data = gzip.compress(data * 3)
    with pytest.raises(RedactionIncomplete, match="nested"):
        finds(data)
