"""Values that are put into files: identifiers, rare names and terms; and their spellings."""

from __future__ import annotations

import base64
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import quote
from xml.sax.saxutils import escape

from bench.quality.identifiers import VALID
from tasks.redact.kinds import Kind

# Addresses are found by their words around them; credit codes are public in a review.
_IDENTIFIERS = tuple(
    name for name in VALID if name not in {"detailed addresses", "credit codes", "passports"}
)
_LATIN = ("mobiles", "identity numbers", "e-mail addresses", "bank cards")
# Characters of names that lie beyond the BMP or that few fonts have.
_RARE, _GIVEN = "𠮷𣲗䶮㛃𬭎", "明远芸笙堃芃昱淼珩棠"
_TERMS = ("海棠工程", "第七号仓库", "西线调水预案", "白鹭湖项目")


@dataclass(frozen=True, slots=True)
class Value:
    """A text to be masked. `kind` is `term` if it is found only because the caller names it."""

    text: str
    kind: Kind

    @property
    def terms(self) -> list[str]:
        return [self.text] if self.kind is Kind.term else []


def value(rng: random.Random, *, latin: bool = False) -> Value:
    """An identifier, a rare name or a term; with `latin` an identifier of ASCII characters."""
    if latin:
        return _identifier(rng, _LATIN)
    sort = rng.random()
    if sort < 0.15:
        return Value(rng.choice(_RARE) + "".join(rng.sample(_GIVEN, 2)), Kind.term)
    if sort < 0.3:
        return Value(rng.choice(_TERMS), Kind.term)
    return _identifier(rng, _IDENTIFIERS)


def number(rng: random.Random) -> Value:
    """A number that OCR reads well."""
    return _identifier(rng, ("mobiles", "identity numbers"))


def _identifier(rng: random.Random, names: Sequence[str]) -> Value:
    kind, make = VALID[rng.choice(names)]
    return Value(make(rng), kind)


def _half(text: str) -> int:
    return len(text) // 2


def _wide(text: str) -> str:
    return "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _quoted(text: str) -> str:
    return escape(text, {'"': "&quot;"})


# What stands for a value in the templates of files, by name. Results are safe in XML attributes.
SPELLINGS: Mapping[str, Callable[[str], str]] = MappingProxyType(
    {
        "v": _quoted,
        "a": lambda text: _quoted(text[: _half(text)]),
        "b": lambda text: _quoted(text[_half(text) :]),
        "percent": quote,
        "percent_all": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
        "percent_twice": lambda text: quote(quote("·" + text)),
        "percent_gbk": lambda text: "".join(f"%{byte:02x}" for byte in text.encode("gb18030")),
        "references": lambda text: "".join(f"&#{ord(char)};" for char in text),
        "hex_references": lambda text: "".join(f"&#x{ord(char):X};" for char in text),
        "base64": lambda text: _base64(f"号码：{text}。".encode()),
        "base64_utf16": lambda text: _base64(f"号码：{text}。".encode("utf-16-le")),
        "base64_twice": lambda text: _base64(_base64(f"号码：{text}。".encode()).encode()),
        "hex": lambda text: text.encode().hex(),
        "hex_utf16": lambda text: text.encode("utf-16-be").hex().upper(),
        "escapes": lambda text: "".join(
            f"\\u{int.from_bytes(char.encode('utf-16-be')[at : at + 2], 'big'):04x}"
            for char in text
            for at in range(0, len(char.encode("utf-16-be")), 2)
        ),
        "wide": lambda text: _quoted(_wide(text)),
        "spaced": lambda text: _quoted(" ".join(text)),
        "zero_width": lambda text: _quoted("\u200b".join(text)),
    }
)
_TOKEN = re.compile(r"\{(" + "|".join(SPELLINGS) + r")\}")


def filled(template: str, text: str) -> str:
    """The template with each `{v}`, `{percent}` and so on replaced by a spelling of `text`."""
    return _TOKEN.sub(lambda match: SPELLINGS[match[1]](text), template)
