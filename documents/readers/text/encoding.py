"""Detects the encoding of text and decodes it."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from documents.errors import UnsupportedDocument
from documents.readers.text.plausibility import (
    LIKELY,
    SAMPLE,
    commonness,
    foreign,
    is_frequent,
    is_japanese,
    is_korean,
    plainness,
    plausibility,
)

# The UTF-32 little-endian mark begins with that of UTF-16, so it is checked first.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x19\x1c-\x1f]")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_LATIN = re.compile(r"[\x80-\u024f]")
_WIDE = re.compile(r"[\u0800-\U0010ffff]")
_CHINESE = ("gb18030", "big5hkscs")
# What a label means in practice (WHATWG Encoding, 4.2): the superset that programs write.
_SUPERSETS = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
}
_LABELS = {
    "x-gbk": "gb18030",
    "gb_2312-80": "gb18030",
    "x-x-big5": "big5hkscs",
    "ks_c_5601-1989": "cp949",
    "x-euc-kr": "cp949",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "x-euc-jp": "euc_jp",
    # Hebrew in the order in which it is read, and in that of a page.
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-8-e": "iso8859-8",
    "unicode": "utf-16",
    "x-unicode-2-0-utf-7": "utf-7",
    "csunicode11utf7": "utf-7",
}
# RFC 1922, 3: sets of characters, what is between SO and SI or the end of the line, and SS2.
_GB_DESIGNATED = b"\x1b$)A"
_GB_SETS = (b"A", b"E")
_ISO_2022_CN = re.compile(
    rb"\x1b\$\)(?P<set>[AEG])|\x1b\$[*+].|\x0e(?P<shifted>[^\x0e\x0f\x1b\n]*)\x0f?|(?P<other>\x1b[NO]..)|\x0f"
)
# Names of code pages: Python has `cp874`, and not `windows-874`.
_CODE_PAGE = re.compile(r"(?:x-)?(?:windows|cp|ibm|ms|dos)[-_]?(\d{3,5})")
# Codecs of Python that are no character sets; that of punycode takes quadratic time.
_NO_CHARSETS = frozenset(
    ("punycode", "idna", "unicode_escape", "raw_unicode_escape", "undefined", "utf-8-sig")
)
_SINGLE_BYTE = re.compile(r"cp125\d|iso8859|koi8|mac|cp\d{3}$|latin|tis-620|kz1048|ptcp154")
_EAST_ASIAN = frozenset(("cp932", "cp949", "cp950"))
_DAMAGE = 0.005
# Text in UTF-16 has at least this share of common characters; other bytes have fewer.
_SURELY = 0.9
# Fewer bytes can look like UTF-16 by chance.
_ENOUGH = 16
# A declared encoding gives way to another one only if that is likelier by this.
_FAR = 0.25
_UNLIKELY = 0.2
# How much likelier than in Chinese a text must be in another language.
_MARGIN = 0.1
# So few characters say nothing about an encoding.
_FEW = 4


class NotText(Exception):
    """The bytes are not text in any supported encoding."""


@dataclass(frozen=True, slots=True)
class Decoding:
    """A decoded text. `doubt` says in a sentence what is not certain about it; else empty."""

    text: str
    encoding: str
    doubt: str = ""


def decode(data: bytes, *, cut: bool = False) -> str:
    """The text of `decoding`, without a declared encoding."""
    return decoding(data, cut=cut).text


def decoding(data: bytes, declared: str | None = None, *, cut: bool = False) -> Decoding:
    """Decode `data`. With `cut` it may end in the middle of a character.

    A byte order mark decides. Without one, UTF-16, UTF-32, HZ and ISO 2022 are recognised by their
    bytes. Valid UTF-8 is UTF-8, whatever is declared. Then the declared encoding is used if the
    bytes are valid in it and do not give a text that is far less likely than in another encoding.
    Else GB18030, Big5, EUC-KR, Shift-JIS or EUC-JP, whichever gives the most likely text, then
    other encodings. Raises `NotText`.
    """
    decoded = _decoded(data, _codec(declared), cut=cut)
    sample = decoded.text[:SAMPLE]
    controls = _CONTROLS.findall(sample)
    if "\x00" in decoded.text or len(controls) > len(sample) / 100:
        raise NotText
    return decoded


def read_text(data: bytes) -> str:
    """The text of a whole file. Raises `UnsupportedDocument`."""
    return file_decoding(data).text


def file_decoding(data: bytes, declared: str | None = None) -> Decoding:
    """As `decoding`, for a whole file. Raises `UnsupportedDocument`."""
    try:
        return decoding(data, declared)
    except NotText as error:
        raise UnsupportedDocument(
            "The file begins like text but is not text in a supported encoding. Save it as UTF-8."
        ) from error


def strict(data: bytes, encoding: str, *, cut: bool = False) -> str | None:
    try:
        if not cut:
            return data.decode(encoding)
        return codecs.getincrementaldecoder(encoding)().decode(data)
    except (UnicodeError, LookupError):
        return None


def _codec(label: str | None) -> str | None:
    """Python's codec for a declared encoding; None if the label names none."""
    name = (label or "").strip().strip("\"'").lower()
    if name in _LABELS:
        return _LABELS[name]
    if page := _CODE_PAGE.fullmatch(name):
        name = f"cp{page[1]}"
    try:
        name = codecs.lookup(name).name
    except (LookupError, ValueError):
        return None
    return None if name in _NO_CHARSETS else _SUPERSETS.get(name, name)


def _decoded(data: bytes, declared: str | None, *, cut: bool) -> Decoding:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            text = strict(data[len(mark) :], encoding, cut=cut)
            if text is None:
                raise NotText
            return Decoding(text, encoding)
    if b"\x00" in data:
        decoded = _utf_32(data, cut=cut) or _utf_16(data, cut=cut)
        if decoded is None:
            raise NotText
        return decoded
    if data.isascii():
        return _escaped(data, declared, cut=cut) or Decoding(data.decode("ascii"), "ascii")
    text = strict(data, "utf-8", cut=cut)
    if text is not None and not _is_chance(text, data, declared):
        return Decoding(text, "utf-8")
    named = _named(data, declared, cut=cut)
    return _undeclared(data, cut=cut) if named is None else _checked(data, named, cut=cut)


def _named(data: bytes, declared: str | None, *, cut: bool) -> Decoding | None:
    """The text in the declared encoding; None if there is none or the bytes are not valid in it."""
    if declared is None or declared == "utf-8":
        return None
    # Without a mark, programs write UTF-16 in either order.
    encodings = ("utf-16-be", "utf-16-le") if declared == "utf-16" else (declared,)
    texts = [
        Decoding(text, encoding)
        for encoding in encodings
        if (text := strict(data, encoding, cut=cut)) is not None
    ]
    return max(texts, key=lambda decoded: plausibility(decoded.text), default=None)


def _is_chance(text: str, data: bytes, declared: str | None) -> bool:
    """Whether bytes in a declared encoding of East Asia are valid UTF-8 by chance.

    Only two bytes can be so: `text` has no character that takes three.
    """
    if declared is None or _WIDE.search(text):
        return False
    named = None if _is_single_byte(declared) else strict(data, declared)
    return named is not None and len(foreign(named)) > 1 and is_frequent(named)


def _checked(data: bytes, named: Decoding, *, cut: bool) -> Decoding:
    """The text in the declared encoding, or in another one if that is by far more likely."""
    chars = len(foreign(named.text))
    single = _is_single_byte(named.encoding)
    # Chinese text is declared as Western by mistake, and not as Thai, Russian or Hebrew.
    if not _LATIN.search(named.text) if single else chars < _FEW:
        return named
    score = 0.0 if single else plausibility(named.text)
    other = _east_asian(data, cut=cut)
    if other and plausibility(other.text) >= max(LIKELY, score + _FAR):
        return other
    if single or score >= _UNLIKELY:
        return named
    return Decoding(
        named.text,
        named.encoding,
        f"The text is declared as {named.encoding}, in which it has mostly rare characters. It may "
        "have another encoding.",
    )


def _is_single_byte(encoding: str) -> bool:
    return encoding not in _EAST_ASIAN and _SINGLE_BYTE.match(encoding) is not None


def _utf_32(data: bytes, *, cut: bool) -> Decoding | None:
    """Decode UTF-32 without a mark: hardly any other bytes are valid in it.

    Some are, but as characters outside the basic plane, which are rare in a text.
    """
    for encoding in ("utf-32-le", "utf-32-be"):
        text = strict(data, encoding, cut=cut)
        sample = text[:SAMPLE] if text else ""
        rare = sum(char > "\uffff" for char in sample)
        if text and len(text) > 1 and 2 * rare < len(sample):
            return Decoding(text, encoding)
    return None


def _utf_16(data: bytes, *, cut: bool) -> Decoding | None:
    """Decode UTF-16 without a mark; None if it is not likely to be UTF-16."""
    for encoding in ("utf-16-le", "utf-16-be"):
        sample = strict(data[: 2 * SAMPLE], encoding, cut=cut or len(data) > 2 * SAMPLE)
        if sample and plainness(sample) >= _SURELY:
            text = strict(data, encoding, cut=cut)
            if text is not None:
                return Decoding(text, encoding)
    return None


def _escaped(data: bytes, declared: str | None, *, cut: bool) -> Decoding | None:
    """Text in 7-bit bytes: ISO 2022 with its escapes, or HZ (RFC 1843), between ~{ and ~}."""
    if declared == "utf-7":
        return _utf_7(data)
    if _GB_DESIGNATED in data:
        return _iso_2022_cn(data)
    if b"\x1b" in data:
        named = (declared,) if declared and declared.startswith("iso2022") else ()
        for encoding in (*named, "iso2022_jp_2", "iso2022_kr"):
            text = strict(data, encoding, cut=cut)
            if text is not None and foreign(text):
                return Decoding(text, encoding)
    if b"~{" not in data:
        return None
    text = strict(data, "hz", cut=cut)
    if not text or (declared != "hz" and len(foreign(text)) < 2):
        return None
    is_chinese = declared == "hz" or commonness(text, "gb18030") >= LIKELY
    return Decoding(text, "hz") if is_chinese else None


def _iso_2022_cn(data: bytes) -> Decoding:
    """Decode ISO-2022-CN (RFC 1922), which Python does not know, with the characters of GB 2312.

    Characters of CNS 11643 become U+FFFD.
    """
    is_gb, at, pieces = True, 0, []
    for match in _ISO_2022_CN.finditer(data):
        pieces.append(data[at : match.start()].decode("ascii"))
        at = match.end()
        if match["set"]:
            is_gb = match["set"] in _GB_SETS
        elif match["shifted"] is not None:
            shifted = bytes(byte | 0x80 for byte in match["shifted"]) if is_gb else b"\xff"
            pieces.append(shifted.decode("gb18030", errors="replace"))
        elif match["other"]:
            pieces.append("\ufffd")
    text = "".join((*pieces, data[at:].decode("ascii")))
    lost = text.count("\ufffd")
    return Decoding(text, "iso-2022-cn", _damaged_characters(lost) if lost else "")


def _utf_7(data: bytes) -> Decoding:
    """Decode UTF-7 (RFC 2152), which is read only where it is declared."""
    text = _SURROGATE.sub("\ufffd", data.decode("utf-7", errors="replace"))
    lost = text.count("\ufffd")
    return Decoding(text, "utf-7", _damaged_characters(lost) if lost else "")


def _damaged_characters(lost: int) -> str:
    return f"Damaged characters, shown as U+FFFD: {lost:,}."


def _east_asian(data: bytes, *, cut: bool) -> Decoding | None:
    """The most likely of the encodings of China, Korea and Japan in which `data` is valid."""
    weighed = [
        (commonness(text, encoding), Decoding(text, encoding))
        for encoding in _CHINESE
        if (text := strict(data, encoding, cut=cut)) is not None
    ]
    # GB18030 comes first: it is the national standard.
    best = max(weighed, key=lambda pair: pair[0], default=(0.0, None))[1]
    others = [("cp949", is_korean), ("cp932", is_japanese), ("euc_jp", is_japanese)]
    for encoding, is_so in others:
        text = strict(data, encoding, cut=cut)
        if text and is_so(text):
            other = Decoding(text, encoding)
            if best is None or plausibility(text) > plausibility(best.text) + _MARGIN:
                best = other
    return best


def _undeclared(data: bytes, *, cut: bool) -> Decoding:
    best = _east_asian(data, cut=cut)
    if best is not None and _commonness(best) >= LIKELY:
        return best
    wide = _utf_16(data, cut=cut) if len(data) >= _ENOUGH else None
    likely = wide or _damaged(data)
    if likely is not None:
        return likely
    if best is not None and not _mostly_ascii(data):
        return _doubtful(best)
    western = strict(data, "cp1252", cut=cut) if _mostly_ascii(data) else None
    if western is not None:
        return Decoding(western, "cp1252")
    # Only for this: it takes 10 ms of each process's start.
    from charset_normalizer import from_bytes  # noqa: PLC0415

    guess = from_bytes(data[:SAMPLE]).best()
    if guess is not None:
        text = data.decode(guess.encoding, errors="replace")
        return _doubtful(Decoding(text, guess.encoding))
    if best is not None:
        return _doubtful(best)
    raise NotText


def _commonness(decoded: Decoding) -> float:
    if decoded.encoding in _CHINESE:
        return commonness(decoded.text, decoded.encoding)
    return 1.0  # Korean and Japanese text is accepted only if it is likely


def _doubtful(decoded: Decoding) -> Decoding:
    """A guess; it is named if the text is long enough to be wrong."""
    if len(foreign(decoded.text)) < _FEW:
        return decoded
    return Decoding(
        decoded.text,
        decoded.encoding,
        f"No encoding is certain for the text. It was read as {decoded.encoding} and may be "
        "garbled. Save it as UTF-8.",
    )


def _damaged(data: bytes) -> Decoding | None:
    """Decode text with a few damaged characters, shown as U+FFFD; else None."""
    for encoding in ("utf-8", "gb18030", "big5hkscs"):
        text = data.decode(encoding, errors="replace")
        lost = text.count("\ufffd")
        words = len(_NOT_ASCII.findall(text)) - lost
        if words < 10 or lost > max(1, words * _DAMAGE):
            continue
        if encoding == "utf-8" or commonness(text, encoding) >= LIKELY:
            return Decoding(text, encoding, _damaged_characters(lost))
    return None


def _mostly_ascii(data: bytes) -> bool:
    sample = data[:SAMPLE]
    return sum(byte > 0x7F for byte in sample) < len(sample) * 0.15
