"""Decodes bytes that text writes in other digits than Base64 and hexadecimal ones, and escapes of
names and programs.

The inventory decodes the same; this is the second way, with decoders of its own, which take what
looks like digits without asking whether it makes sense. All patterns are linear.
"""

from __future__ import annotations

import base64
import binascii
import re
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

_NUMBER = rb"(?:0[xX][0-9A-Fa-f]{1,5}|\d{1,6})"
_LINE = re.compile(rb"\s+")
_MOST_CODE = 0x10FFFF
# No value is longer; between two values there is a gap that no value has.
_AROUND, _GAP = 256, b"\n\n\n\n"
_CODE = re.compile(rb"\\([0-9A-Fa-f]{2,6})")
_HEX_CODE = re.compile(rb"(?:\\(?:U|u\{)|U\+)([0-9A-Fa-f]+)")
_UNIT = re.compile(rb"-?\d+")
_OCTAL = re.compile(rb"\\([0-7]{3})")
_XML = re.compile(rb"_x([0-9A-Fa-f]{4})_")
_UTF_7 = bytes.maketrans(b",", b"/")  # IMAP's form (RFC 3501, 5.1.3) has a comma


class _Form(NamedTuple):
    """A way to write bytes. Data without `hint` has none of it, which is known in less time."""

    name: str
    hint: bytes
    run: re.Pattern[bytes]
    decode: Callable[[bytes], bytes]

    def decoded(self, run: bytes, otherwise: bytes = b"") -> bytes:
        """The bytes of a run, or `otherwise` if it is not in this form."""
        try:
            return self.decode(run)
        except (ValueError, OverflowError):
            return otherwise

    def replaced(self, data: bytes) -> bytes:
        """The data with all runs decoded."""
        return self.run.sub(lambda match: self.decoded(match[0], match[0]), data)


def _numbers(run: bytes) -> bytes:
    numbers = re.findall(_NUMBER, run)
    codes = [int(one, 16 if one[:2] in {b"0x", b"0X"} else 10) for one in numbers]
    return bytes(codes) if max(codes) <= 0xFF else _characters(codes)


def _characters(codes: Iterable[int]) -> bytes:
    return "".join(chr(code) for code in codes if code <= _MOST_CODE).encode("utf-8", "replace")


def _pairs(run: bytes) -> bytes:
    return bytes.fromhex(run.translate(None, b":-").decode())


def _base32(run: bytes) -> bytes:
    digits = _LINE.sub(b"", run)
    digits = digits[: len(digits) - (len(digits) % 8 in {1, 3, 6})]
    return base64.b32decode(digits + b"=" * (-len(digits) % 8))


def _base85(run: bytes) -> bytes:
    return base64.a85decode(run[2:-2])


def _uuencode(run: bytes) -> bytes:
    pieces = []
    for line in run.splitlines()[1:]:
        # The first character is the number of bytes; others may follow theirs.
        size = (line[0] - ord(" ")) & 0x3F
        try:
            pieces.append(binascii.a2b_uu(line[: 1 - (-size * 4 // 3)]))
        except binascii.Error:
            break
    return b"".join(pieces)


def _utf_7(run: bytes) -> bytes:
    digits = run[1:].rstrip(b"-").translate(_UTF_7)
    digits = digits[: len(digits) - (len(digits) % 4 == 1)]
    data = binascii.a2b_base64(digits + b"=" * (-len(digits) % 4))
    return data[: len(data) // 2 * 2].decode("utf-16-be", "replace").encode()


def _punycode(run: bytes) -> bytes:
    return run[4:].decode("punycode").encode("utf-8", "replace")


def _units(run: bytes) -> bytes:
    units = b"".join(bytes.fromhex(code.decode()) for code in _XML.findall(run))
    return units.decode("utf-16-be", "replace").encode()


def _octal(run: bytes) -> bytes:
    return bytes(int(code, 8) & 0xFF for code in _OCTAL.findall(run))


def _style(run: bytes) -> bytes:
    return _characters(int(code, 16) for code in _CODE.findall(run))


def _code_points(run: bytes) -> bytes:
    return _characters(int(code, 16) for code in _HEX_CODE.findall(run))


def _decimal(run: bytes) -> bytes:
    units = [int(unit) & 0xFFFF for unit in _UNIT.findall(run)]
    return struct.pack(f">{len(units)}H", *units).decode("utf-16-be", "replace").encode()


# RFC 2231, 3: a parameter in pieces is one value.
_PIECES = re.compile(rb"\"?;\s{1,9}[A-Za-z-]{1,40}\*\d{1,2}\*?=\"?")
_ESCAPES: Sequence[_Form] = (
    _Form("XML escapes", b"_x", re.compile(rb"(?:_x[0-9A-Fa-f]{4}_)++"), _units),
    _Form("octal escapes", b"\\", re.compile(rb"(?:\\[0-7]{3}){2,}+"), _octal),
    _Form("escapes of styles", b"\\", re.compile(rb"(?:\\[0-9A-Fa-f]{2,6}\s?+)++"), _style),
    _Form(
        "escapes of programs",
        b"\\",
        re.compile(rb"(?:\\U00[01][0-9A-Fa-f]{5}|\\u\{[0-9A-Fa-f]{1,8}\})++"),
        _code_points,
    ),
    _Form(
        "code points",
        b"U+",
        re.compile(rb"U\+[0-9A-Fa-f]{4,6}(?:[ ,;]{0,2}U\+[0-9A-Fa-f]{4,6})*+"),
        _code_points,
    ),
    _Form("RTF escapes", b"\\u", re.compile(rb"(?:\\u-?\d{4,5}\?)++"), _decimal),
    _Form("Punycode", b"n--", re.compile(rb"[Xx][Nn]--[A-Za-z0-9-]{1,59}+"), _punycode),
    _Form("UTF-7", b"+", re.compile(rb"[+&][A-Za-z0-9+/,]{3,}+-?"), _utf_7),
)
_DIGITS: Sequence[_Form] = (
    _Form(
        "list of bytes",
        b",",
        re.compile(rb"(?<![\w.,])" + _NUMBER + rb"(?:[ ]?,\s{0,4}" + _NUMBER + rb"){2,}+"),
        _numbers,
    ),
    _Form("dump of bytes", b":", re.compile(rb"[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5,}+"), _pairs),
    _Form("dump of bytes", b"-", re.compile(rb"[0-9A-Fa-f]{2}(?:-[0-9A-Fa-f]{2}){5,}+"), _pairs),
    _Form(
        "Base32",
        b"",
        re.compile(rb"(?<![A-Za-z0-9])[A-Z2-7]{8,}+(?:\r?\n[A-Z2-7]{2,}+)*+"),
        _base32,
    ),
)
_DATA: Sequence[_Form] = (
    _Form("Base85", b"<~", re.compile(rb"<~[!-uz\s]{5,}+~>"), _base85),
    _Form(
        "uuencode",
        b"begin ",
        re.compile(rb"^begin [0-7]{3,4} [^\r\n]{0,255}\r?\n(?:[ -`]{1,91}\r?\n)++", re.MULTILINE),
        _uuencode,
    ),
)


def without_pieces(data: bytes) -> bytes | None:
    """The data with the pieces of parameters of e-mails as one; None if it has none."""
    joined, count = _PIECES.subn(b"", data) if b"*1" in data else (data, 0)
    return joined if count else None


def without_escapes(data: bytes) -> Iterator[bytes]:
    """Yields the text around escapes without them, for each kind of escapes.

    Other text stands in `data` itself.
    """
    for form in _ESCAPES:
        if form.hint in data and (texts := list(map(form.replaced, _around(form, data)))):
            yield _GAP.join(texts)


def _around(form: _Form, data: bytes) -> Iterator[bytes]:
    """Yields the parts of the data with escapes, each with the bytes before and after them."""
    start = end = 0
    for match in form.run.finditer(data):
        if match.start() - _AROUND > end:
            if end:
                yield data[start:end]
            start = max(0, match.start() - _AROUND)
        end = match.end() + _AROUND
    if end:
        yield data[start:end]


def in_digits(data: bytes) -> Iterator[bytes]:
    """Yields all that is written in a kind of digits, for each kind."""
    for form in _DIGITS:
        if form.hint in data:
            runs = [form.decoded(match[0]) for match in form.run.finditer(data)]
            if any(runs):
                yield b"\n".join(runs)


def encoded_files(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yields each file that is written in digits between marks, and the name of their kind."""
    for form in _DATA:
        for match in form.run.finditer(data) if form.hint in data else ():
            yield form.name, form.decoded(match[0])
