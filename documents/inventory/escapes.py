"""Escapes in names, programs and styles: `_x0031_`, `xn--…`, `\\061`, `\\5f20`."""

from __future__ import annotations

import re
import sys

from documents.readers.text.encoding import strict

ESCAPE = (
    # ECMA-376, 22.9.2.19: units of UTF-16 that a name or a string in XML cannot have.
    r"(?P<xml>(?:_x[0-9A-Fa-f]{4}_)++)"
    # RFC 3490, 5: a label of a host name in Punycode.
    r"|[Xx][Nn]--(?P<punycode>[A-Za-z0-9-]{1,59}+)"
    # One escape is also a group of a pattern.
    r"|(?P<octal>(?:\\[0-3][0-7]{2}){2,}+)"
    # CSS Syntax 3, 4.3.7. A short escape alone may be anything.
    r"|(?P<style>(?:\\[0-9A-Fa-f]{2,6}[ \t\r\n\f]?+){2,}+|\\[0-9A-Fa-f]{4,6}[ \t\r\n\f]?+)"
)
"""Matches an escape, in named groups, of which one is matched."""
_SIGNS = ("_x", "n--", "N--", "\\")
_XML_SIGNS = str.maketrans("", "", "_x")
_CODE = re.compile(r"\\(\d{3})")
_STYLE = re.compile(r"\\([0-9A-Fa-f]{2,6})[ \t\r\n\f]?")


def has_escapes(text: str) -> bool:
    """Whether a text may have an escape. Most texts have none, which this knows in less time."""
    return any(sign in text for sign in _SIGNS)


def unescaped(match: re.Match[str]) -> str:
    """The text that an escape stands for, or the escape itself if it stands for none.

    Bytes in octal digits are UTF-8 or GB 18030.
    """
    if match["xml"]:
        units = bytes.fromhex(match["xml"].translate(_XML_SIGNS))
        return units.decode("utf-16-be", "replace")
    if match["punycode"]:
        return _of_punycode(match["punycode"]) or match[0]
    if match["style"]:
        words = _STYLE.sub(character, match["style"])
        return words.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    data = bytes(int(code, 8) for code in _CODE.findall(match["octal"]))
    text = strict(data, "utf-8")
    return text or strict(data, "gb18030") or match[0]


def _of_punycode(label: str) -> str:
    try:
        return label.encode("ascii").decode("punycode")
    except (UnicodeError, ValueError, OverflowError):
        return ""


def character(match: re.Match[str]) -> str:
    """The character whose code in hexadecimal digits is in one of the groups of `match`."""
    code = int(next(filter(None, match.groups())), 16)
    return chr(code) if code <= sys.maxunicode else match[0]
