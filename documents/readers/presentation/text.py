"""The paragraphs of a shape or a cell (DrawingML, ECMA-376 part 1, 21.1.2)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from lxml import etree

from documents.ooxml.number_formats import formatted
from documents.ooxml.text import shown_text
from documents.ooxml.xml import attribute, child, local_name

_LEVELS = 9
# A mark that is text: a digit or a Chinese character. Letters are pictures in fonts of symbols.
_TEXT_MARK = re.compile(r"\d|[\u3400-\u9fff]")
_CIRCLED = "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"
_ENDS: Mapping[str, tuple[str, str]] = {
    "Period": ("", "."), "ParenR": ("", ")"), "ParenBoth": ("(", ")"), "Plain": ("", ""),
}  # fmt: skip
# Numbers of a scheme by the format of Office documents.
_FORMS: Mapping[str, str] = {
    "alphaLc": "lowerLetter", "alphaUc": "upperLetter", "romanLc": "lowerRoman",
    "romanUc": "upperRoman", "ea1Chs": "chineseCounting", "ea1Cht": "chineseCounting",
    "arabicDb": "decimalFullWidth",
}  # fmt: skip


def paragraphs(body: etree._Element) -> Iterator[tuple[str, bool]]:
    """The text of each paragraph, with its number, and whether it is an item of a list."""
    counts = [0] * _LEVELS
    for paragraph in body:
        if local_name(paragraph) != "p":
            continue
        text = shown_text(paragraph).strip()
        properties = child(paragraph, "pPr")
        if not text or properties is None:
            counts = counts if not text else [0] * _LEVELS
            yield text, False
            continue
        level = min(_whole(attribute(properties, "lvl")), _LEVELS - 1)
        numbered = child(properties, "buAutoNum")
        counts[level + 1 :] = [0] * (_LEVELS - level - 1)
        if numbered is None:
            counts[level] = 0
            bullet = child(properties, "buChar")
            mark = (bullet.get("char") or "") if bullet is not None else ""
            yield (f"{mark} {text}" if _TEXT_MARK.search(mark) else text), bullet is not None
            continue
        counts[level] = counts[level] + 1 if counts[level] else _whole(numbered.get("startAt")) or 1
        yield f"{_number(counts[level], numbered.get('type') or '')} {text}", True


def plain_text(body: etree._Element) -> str:
    """The paragraphs as lines; what is no paragraph is one line."""
    if not any(local_name(one) == "p" for one in body):
        return "".join(map(str, body.itertext())).strip()
    return "\n".join(text for text, _ in paragraphs(body) if text)


def _number(count: int, type_: str) -> str:
    """A number in one of the schemes of ST_TextAutonumberScheme."""
    end = next((end for end in _ENDS if type_.endswith(end)), "Period")
    scheme = type_.removesuffix(end)
    before, after = _ENDS[end]
    if scheme.startswith("circleNum") and count <= len(_CIRCLED):
        return _CIRCLED[count - 1]
    if scheme.startswith("ea1") and end == "Period":
        after = "、"
    return f"{before}{formatted(count, _FORMS.get(scheme, 'decimal'))}{after}"


def _whole(written: str | None) -> int:
    written = written or ""
    return int(written[:5]) if written.isascii() and written.isdecimal() else 0
