"""Writes small PDF files object by object, from templates."""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bench.quality.leaks.values import filled

TITLE = "关于做好防汛工作的通知"
CATALOG, PAGES, PAGE, CONTENT, LATIN, WIDE, DESCENDANT, TO_UNICODE, INFO = range(1, 10)


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream: a template or a function of the value, more entries of its dictionary, filters."""

    data: str | bytes | Callable[[str], bytes]
    entries: str = ""
    filters: Sequence[str] = ()


Object = str | Stream


def pdf(value: str, *, content: str = "", resources: str = "", catalog: str = "", page: str = "",
        fonts: str = "", info: str = "", trailer: str = "",
        objects: Mapping[int, Object] | None = None, packed: Mapping[int, str] | None = None,
        filters: Sequence[str] = ("FlateDecode",)) -> bytes:  # fmt: skip
    """A PDF of one page whose objects are templates filled with `value`.

    `objects` have numbers from 20; those of `packed` lie in an object stream.
    """
    letters = Letters(TITLE + value)
    every: dict[int, Object] = {
        CATALOG: f"<< /Type /Catalog /Pages {PAGES} 0 R {catalog} >>",
        PAGES: f"<< /Type /Pages /Kids [{PAGE} 0 R] /Count 1 >>",
        PAGE: f"<< /Type /Page /Parent {PAGES} 0 R /MediaBox [0 0 595 842] /"
        f"Contents {CONTENT} 0 R "
        f"/Resources << /Font << /F1 {LATIN} 0 R /F2 {WIDE} 0 R {fonts} >>"
        f" {resources} >> {page} >>",
        CONTENT: Stream(f"{letters.show(TITLE, 72, 760)}\n{content}\n", filters=filters),
        **letters.fonts(),
        INFO: f"<< {info} >>",
        **(objects or {}),
    }
    written = {number: written_object(one, value, letters) for number, one in every.items()}
    if packed:
        inner = {number: written_object(one, value, letters) for number, one in packed.items()}
        return _with_object_stream(written, inner)
    return assembled(written, letters.filled(trailer, value))


class Letters:
    """A wide font without a font file: its codes, and the map from them to characters."""

    def __init__(self, text: str) -> None:
        self._codes = {char: at for at, char in enumerate(dict.fromkeys(text), start=1)}

    def code(self, text: str) -> str:
        return "".join(f"{self._codes[char]:04X}" for char in text)

    def show(self, text: str, x: float, y: float, size: float = 12) -> str:
        """Draws ASCII in Helvetica, which every program can show; else in the wide font."""
        shown = f"/F1 {size} Tf {x} {y} Td {string(text)}"
        if not text.isascii():
            shown = f"/F2 {size} Tf {x} {y} Td <{self.code(text)}>"
        return f"BT {shown} Tj ET"

    def fonts(self) -> Mapping[int, Object]:
        pairs = "\n".join(
            f"<{code:04X}> <{char.encode('utf-16-be').hex().upper()}>"
            for char, code in self._codes.items()
        )
        return {
            LATIN: "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /"
            "WinAnsiEncoding >>",
            WIDE: "<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /Identity-H "
            f"/DescendantFonts [{DESCENDANT} 0 R] /ToUnicode {TO_UNICODE} 0 R >>",
            DESCENDANT: "<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /"
            "CIDSystemInfo "
            "<< /Registry (Adobe) /Ordering (Identity) /Supplement 0 >>"
            " /DW 1000 /FontDescriptor << "
            "/Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [0 -120 1000 880] "
            "/ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >> >>",
            TO_UNICODE: Stream(
                "/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n1 "
                "begincodespacerange\n"
                f"<0000> <FFFF>\nendcodespacerange\n{len(self._codes)} "
                f"beginbfchar\n{pairs}\nendbfchar\n"
                "endcmap end end",
                filters=("FlateDecode",),
            ),
        }

    def filled(self, template: str, value: str) -> str:
        """Fills `{show}`, `{string}` and so on, and the spellings of every format."""
        marks: Mapping[str, Callable[[], str]] = {
            "show": lambda: self.show(value, 72, 600),
            "show_a": lambda: self.show(value[: len(value) // 2], 72, 600),
            "show_b": lambda: self.show(value[len(value) // 2 :], 72 + 12 * (len(value) // 2), 600),
            "codes": lambda: self.code(value),
            "codes_a": lambda: self.code(value[: len(value) // 2]),
            "codes_b": lambda: self.code(value[len(value) // 2 :]),
            "kerned": lambda: " -20 ".join(f"<{self.code(char)}>" for char in value),
            "string": lambda: string(value),
            "octal": lambda: "(" + "".join(f"\\{byte:03o}" for byte in _bytes(value)) + ")",
            "hex_string": lambda: f"<{_bytes(value).hex()}>",
            "broken": lambda: "(" + value[:4] + "\\\n" + value[4:] + ")",
            "name": lambda: "/N" + "".join(f"#{byte:02X}" for byte in value.encode()),
        }
        done = re.sub(r"\{(" + "|".join(marks) + r")\}", lambda match: marks[match[1]](), template)
        return filled(done, value)


def _bytes(text: str) -> bytes:
    return text.encode() if text.isascii() else b"\xfe\xff" + text.encode("utf-16-be")


def string(text: str) -> str:
    """A string object: literal for ASCII, else UTF-16 in hexadecimal."""
    if text.isascii():
        return "(" + re.sub(r"([()\\])", r"\\\1", text) + ")"
    return f"<{_bytes(text).hex().upper()}>"


def written_object(one: Object, value: str, letters: Letters) -> bytes:
    if isinstance(one, str):
        return letters.filled(one, value).encode()
    if isinstance(one.data, bytes):
        data = one.data
    else:
        data = one.data(value) if callable(one.data) else letters.filled(one.data, value).encode()
    for name in reversed(one.filters):
        data = ENCODERS[name](data)
    filters = " ".join(f"/{name}" for name in one.filters)
    listed = f"/Filter [{filters}]" if filters else ""
    head = f"<< {letters.filled(one.entries, value)} {listed} /Length {len(data)} >>".encode()
    return head + b"\nstream\n" + data + b"\nendstream"


def assembled(objects: Mapping[int, bytes], trailer: str = "") -> bytes:
    """A PDF with a table of references."""
    out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    places: dict[int, int] = {}
    for number, body in objects.items():
        places[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    return bytes(out) + _references(places, len(out), trailer)


def _references(places: Mapping[int, int], start: int, trailer: str, previous: int | None = None
) -> bytes:  # fmt: skip
    lines = b"xref\n0 1\n0000000000 65535 f \n"
    for number, place in sorted(places.items()):
        lines += b"%d 1\n%010d 00000 n \n" % (number, place)
    before = f"/Prev {previous}" if previous is not None else ""
    end = f"<< /Size 200 /Root {CATALOG} 0 R /Info {INFO} 0 R {trailer} {before} >>".encode()
    return lines + b"trailer\n" + end + b"\nstartxref\n%d\n%%%%EOF\n" % start


def updated(data: bytes, objects: Mapping[int, bytes]) -> bytes:
    """The file with an incremental update: the earlier objects stay in its bytes."""
    previous = int(re.findall(rb"startxref\s+(\d+)", data)[-1])
    out = bytearray(data)
    places: dict[int, int] = {}
    for number, body in objects.items():
        places[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    return bytes(out) + _references(places, len(out), "", previous)


def _with_object_stream(objects: Mapping[int, bytes], inner: Mapping[int, bytes]) -> bytes:
    """A PDF whose objects `inner` lie in an object stream, with a stream of references."""
    bodies, at, index = b"", 0, []
    for number, body in inner.items():
        index.append(f"{number} {at}")
        bodies += body + b" "
        at = len(bodies)
    first = (" ".join(index) + " ").encode()
    data = zlib.compress(first + bodies)
    head = (
        f"<< /Type /ObjStm /N {len(inner)} /First {len(first)} /Filter /"
        f"FlateDecode /Length {len(data)} >>"
    )
    every = {**objects, 100: head.encode() + b"\nstream\n" + data + b"\nendstream"}
    out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    rows = {0: b"\x00\x00\x00\x00\xff"}
    for number, body in every.items():
        rows[number] = b"\x01" + len(out).to_bytes(3, "big") + b"\x00"
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    rows |= {
        number: b"\x02\x00\x00\x64" + bytes((at,)) for at, number in enumerate(inner)
    }  # in object 100
    start = len(out)
    rows[101] = b"\x01" + start.to_bytes(3, "big") + b"\x00"
    table = zlib.compress(b"".join(rows[number] for number in sorted(rows)))
    index_text = " ".join(f"{number} 1" for number in sorted(rows))
    out += (
        "101 0 obj\n<< /Type /XRef /Size 200 /W [1 3 1] /Index "
        f"[{index_text}] /Root {CATALOG} 0 R "
        f"/Info {INFO} 0 R /Filter /FlateDecode /Length {len(table)} >>\nstream\n"
    ).encode()
    return bytes(out) + table + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % start


def _lzw(data: bytes) -> bytes:
    """LZW without compression: each byte is a code, and the table is cleared in time."""
    codes: list[int] = []
    for at, byte in enumerate(data):
        codes += [256, byte] if at % 200 == 0 else [byte]
    bits = "".join(f"{code:09b}" for code in [*codes, 257])
    bits += "0" * (-len(bits) % 8)
    return bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits), 8))


def _run_length(data: bytes) -> bytes:
    pieces = [data[at : at + 128] for at in range(0, len(data), 128)]
    return b"".join(bytes((len(piece) - 1,)) + piece for piece in pieces) + b"\x80"


ENCODERS: Mapping[str, Callable[[bytes], bytes]] = {
    "FlateDecode": zlib.compress,
    "ASCIIHexDecode": lambda data: data.hex().encode() + b">",
    "ASCII85Decode": lambda data: base64.a85encode(data) + b"~>",
    "RunLengthDecode": _run_length,
    "LZWDecode": _lzw,
}
