"""Escapes in names, programs, logs and styles: `_x0031_`, `xn--…`, `\\u5f20`, `\\xe5\\xbc\\xa0`."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from types import MappingProxyType

from documents.readers.text.encoding import strict

ESCAPE = (
    # ECMA-376, 22.9.2.19: units of UTF-16 that a name or a string in XML cannot have.
    r"(?P<xml>(?:_x[0-9A-Fa-f]{4}_)++)"
    # RFC 3490, 5: a label of a host name in Punycode.
    r"|[Xx][Nn]--(?P<punycode>[A-Za-z0-9-]{1,59}+)"
    # RTF 1.9.1, "Unicode RTF": Chinese characters have five decimal digits, and may be negative.
    r"|(?P<decimal>(?:\\u(?:\d{5}|-\d{4,5})\?)++)"
    # JSON, Java, and `escape` of JavaScript: units of UTF-16. JSON in a string of JSON has more
    # backslashes.
    r"|(?P<units>(?:(?:\\{1,64}|%)u[0-9A-Fa-f]{4})++)"
    # The Unicode Standard, appendix A: the usual notation of code points.
    r"|(?P<notation>U\+(?:10|0)?[0-9A-Fa-f]{4,5}(?:[ ,;、]{0,2}U\+(?:10|0)?[0-9A-Fa-f]{4,5})*+)"
    # JavaScript; Python, C and YAML.
    r"|(?P<codes>(?:\\u\{0{0,4}[0-9A-Fa-f]{1,6}\}|\\U00[01][0-9A-Fa-f]{5})++)"
    # Logs, Python and C; RTF, where one escape may be a quotation mark before other text.
    r"|(?P<bytes>(?:\\{1,64}x[0-9A-Fa-f]{2})++|(?:\\'[0-9A-Fa-f]{2}){2,}+)"
    # One escape is also a group of a pattern.
    r"|(?P<octal>(?:\\[0-3][0-7]{2}){2,}+)"
    # CSS Syntax 3, 4.3.7. A short escape alone may be anything.
    r"|(?P<style>(?:\\[0-9A-Fa-f]{2,6}[ \t\r\n\f]?+){2,}+|\\[0-9A-Fa-f]{4,6}[ \t\r\n\f]?+)"
)
"""Matches an escape, in named groups, of which one is matched."""
_SIGNS = ("_x", "n--", "N--", "\\", "%u", "U+")
_XML_SIGNS = str.maketrans("", "", "_x")
_CODE = re.compile(r"\\(\d{3})")
_DECIMAL = re.compile(r"-?\d+")
_UNIT_SIGNS = str.maketrans("", "", "%\\u")
_BYTE_SIGNS = str.maketrans("", "", "\\x'")
_CODES = re.compile(r"\\(?:u\{|U)([0-9A-Fa-f]+)\}?")
_POINT = re.compile(r"U\+([0-9A-Fa-f]{4,6})")
_STYLE = re.compile(r"\\([0-9A-Fa-f]{2,6})[ \t\r\n\f]?")


def has_escapes(text: str) -> bool:
    """Whether a text may have an escape. Most texts have none, which this knows in less time."""
    return any(sign in text for sign in _SIGNS)


def unescaped(match: re.Match[str]) -> str:
    """The text that an escape stands for, or the escape itself if it stands for none.

    Bytes are UTF-8 or GB 18030; those of JavaScript may be characters of Latin-1.
    """
    for name, decode in _DECODERS.items():
        if match[name]:
            return decode(match[name]) or match[0]
    return match[0]


def _of_xml(written: str) -> str:
    return _of_units(written.translate(_XML_SIGNS))


def _of_punycode(label: str) -> str:
    try:
        return label.encode("ascii").decode("punycode")
    except (UnicodeError, ValueError, OverflowError):
        return ""


def _of_decimal(written: str) -> str:
    return _of_units("".join(f"{int(unit) & 0xFFFF:04x}" for unit in _DECIMAL.findall(written)))


def _of_units(written: str) -> str:
    """Of units of UTF-16, in four digits each."""
    return bytes.fromhex(written.translate(_UNIT_SIGNS)).decode("utf-16-be", "replace")


def _of_codes(written: str) -> str:
    return _whole(_CODES.sub(_character, written))


def _of_bytes(written: str) -> str:
    data = bytes.fromhex(written.translate(_BYTE_SIGNS))
    return _text(data) or data.decode("latin-1")


def _of_octal(written: str) -> str:
    return _text(bytes(int(code, 8) for code in _CODE.findall(written)))


def _of_notation(written: str) -> str:
    points = [int(point, 16) for point in _POINT.findall(written)]
    return "".join(map(chr, points)) if max(points) <= sys.maxunicode else ""


def _of_style(written: str) -> str:
    return _whole(_STYLE.sub(_character, written))


_DECODERS: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {
        "xml": _of_xml,
        "punycode": _of_punycode,
        "decimal": _of_decimal,
        "units": _of_units,
        "notation": _of_notation,
        "codes": _of_codes,
        "bytes": _of_bytes,
        "octal": _of_octal,
        "style": _of_style,
    }
)


def _text(data: bytes) -> str:
    return strict(data, "utf-8") or strict(data, "gb18030") or ""


def _whole(text: str) -> str:
    """The text with pairs of surrogates as characters."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _character(match: re.Match[str]) -> str:
    code = int(match[1], 16)
    return chr(code) if code <= sys.maxunicode else match[0]
