"""The masked forms of personal data, as in official notices."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType

from tasks.redact.finders.addresses import township_end
from tasks.redact.finders.names import COMPOUND_SURNAMES
from tasks.redact.kinds import Detection, Kind
from tasks.redact.views import readable
from tasks.text.plain import bare, compact, with_gaps

BLOCK = "█"


class Mask(StrEnum):
    """`official` leaves a part visible, as official notices do; `stars` and `blocks` nothing."""

    official = "official"
    stars = "stars"
    blocks = "blocks"


def masked(text: str, detection: Detection, mask: Mask) -> str:
    """Returns the replacement for a detection."""
    words = readable(text[detection.start : detection.end])
    if mask is Mask.official:
        written = _OFFICIAL[detection.kind](words)
    else:
        written = _covered(words, "*" if mask is Mask.stars else BLOCK)
    over_cells = "\t" in words and len(written) == len(compact(words))
    return with_gaps(written, words) if over_cells else written


def _covered(words: str, char: str) -> str:
    return char * len(compact(words))


def _keep_ends(first: int, last: int) -> Callable[[str], str]:
    def write(words: str) -> str:
        number = bare(words)
        if len(number) <= first + last:
            return "*" * len(number)
        hidden = "*" * (len(number) - first - last)
        return number[:first] + hidden + (number[-last:] if last else "")

    return write


def _identity(words: str) -> str:
    return _keep_ends(2, 3 if len(bare(words)) == 18 else 1)(words)


def _mobile(words: str) -> str:
    number = re.sub(r"[^\d]", "", words)
    before = number[:-11]
    if before and before != "0":
        before = f"{'+' if words.startswith('+') else ''}{before} "
    return f"{before}{number[-11:-8]}****{number[-4:]}"


def _landline(words: str) -> str:
    """Keeps the area code and the last two digits; masks everything if it does not parse."""
    written = words.replace("\n", "").replace("\t", " ")
    match = _LANDLINE.match(written)
    if match is None:  # for example where another number follows directly
        return _all(words)
    code, number, _ = match.groups()
    digits = re.sub(r"\D", "", number)
    return f"{code or ''}{'*' * (len(digits) - 2)}{digits[-2:]}"


_LANDLINE = re.compile(
    r"((?:(?:(?:\+|00)86[ \-]*|86[ ]?-[ ]?)\(?0?|(?:\+?86[ \-]?)?\(?0)"
    r"(?:10|2\d|[3-9]\d\d)\)?[ \-]*(?=(?:\d[ \-]*){7}))?([\d \-]*\d)([ ]?(?:转|ext).*)?$"
)


def _plate(words: str) -> str:
    return _keep_ends(2, 1)(re.sub("[·•・.]", "", words))


def _email(words: str) -> str:
    name, _, domain = words.replace("\n", "").replace(" ", "").rpartition("@")
    # The first character of a short name is most of it.
    return f"{name[: len(name) >= 3]}***@{domain}"


def _ip(words: str) -> str:
    if ":" in words:
        return f"{words.split(':', maxsplit=1)[0]}:***"
    first, second, *_ = words.split(".")
    return f"{first}.{second}.*.*"


def _address(words: str) -> str:
    return f"{words[: township_end(words)]}***"


def _name(words: str) -> str:
    name = compact(words)
    if not name.isascii() and len(name) <= 4:
        surname = 2 if name[:2] in COMPOUND_SURNAMES and len(name) > 2 else 1
        return name[:surname] + "*" * (len(name) - surname)
    return "***"


def _all(words: str) -> str:
    return _covered(words, "*")


_OFFICIAL: Mapping[Kind, Callable[[str], str]] = MappingProxyType(
    {
        Kind.identity_number: _identity,
        Kind.credit_code: _keep_ends(2, 3),
        Kind.bank_card: _keep_ends(0, 4),
        Kind.mobile: _mobile,
        Kind.landline: _landline,
        Kind.passport: _keep_ends(1, 2),
        Kind.plate: _plate,
        Kind.email: _email,
        Kind.ip_address: _ip,
        Kind.address: _address,
        Kind.name: _name,
        Kind.term: _all,
    }
)
