"""Whether a text is marked as a state secret, as the markings of official documents are written.

GB/T 9704-2012 (from copies) sets the level in the top left corner of the first page, with the term
after a star: `机密★1年`. A text that only speaks of secrets, as the law on them does, has none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from tasks.document import Document


class Secrecy(StrEnum):
    """The three levels, least secret first."""

    secret = "秘密"  # noqa: S105 - a level, no password
    confidential = "机密"
    top_secret = "绝密"  # noqa: S105 - likewise

    def covers(self, other: Secrecy) -> bool:
        """Whether who may send this may send the other."""
        levels = list(Secrecy)
        return levels.index(self) >= levels.index(other)


@dataclass(frozen=True, slots=True)
class Marking:
    """`start` and `end` are offsets into the text; `words` is the marking itself."""

    level: Secrecy
    start: int
    end: int
    words: str


# Where a marking without a star may stand: no document has its level farther down.
_HEAD_LINES, _HEAD_CHARS = 16, 800
_LOOK_BACK = 30
# Blocks that repeat on pages, whichever reader tells them apart from the body.
_HEADERS = frozenset(("header", "footer", "template", "annotation"))

_GAP = r"[ \t\u3000\u00a0]{0,6}"
_LEVEL = rf"(?P<level>[绝絕]{_GAP}密|[机機]{_GAP}密|[秘祕]{_GAP}密)"
_STAR = r"[★☆✩✭⋆＊]"
_YEARS = r"(?:\d{1,3}|[一二三四五六七八九十]{1,3})"
_TERM = (
    rf"(?:{_YEARS}{_GAP}(?:年|个?月|日|天)|长期|永久|启封前|解密前|[^\s,，。;；]{{1,12}}前|"
    r"\d{4}年\d{1,2}月\d{1,2}日(?:前|解密)?)"
)
_COPY = r"(?:(?:份号|编号|№|No\.?)?[:：]?\d{1,8}(?:号)?)"
_HASTE = r"(?:特提|特急|加急|平急|急件)"
_LABEL = rf"(?:密{_GAP}级(?:和保密期限|及保密期限)?|保密等级|涉密等级|文件密级)"
_OPEN, _CLOSE = r"[【\[(（〔<《「“\"]?", r"[】\])）〕>》」”\"]?"

_SECRET = re.compile(r"[绝絕机機秘祕][ \t\u3000\u00a0]{0,6}密")
# With a star: at the beginning of a line, or apart from what stands before it.
_STARRED = re.compile(
    rf"(?:^|(?<=[\s\d】\])）:：])){_GAP}{_LEVEL}(?:级|件)?{_GAP}{_STAR}{_GAP}(?:{_TERM})?",
    re.MULTILINE,
)
_SPEAKS_OF = re.compile(
    r"[\"“「『《‘'][^\n]{0,20}$"
    r"|(?:标注|标明|注明|表示|形式|格式|例如|如|为|是|写作|加盖|印有)[:：]?[ ]?$"
)
# Without one: a line with nothing else on it but a term, the number of the copy, and the haste.
_BARE = re.compile(
    rf"^{_GAP}(?:{_COPY}{_GAP})?(?:{_LABEL}{_GAP}[:：]?{_GAP})?{_OPEN}{_GAP}{_LEVEL}(?:级|件|文件|资料)?"
    rf"{_GAP}(?:{_TERM})?{_GAP}{_CLOSE}{_GAP}(?:{_HASTE})?{_GAP}(?:{_COPY})?{_GAP}$"
)
_LABELLED = re.compile(
    rf"{_LABEL}{_GAP}[:：]{_GAP}(?P<ticked>[☑■√✓✔]?){_GAP}{_LEVEL}(?!{_GAP}[□○/、,，或和及]|级?[分为的])"
)
_TICKED = re.compile(rf"{_LABEL}[^\n]{{0,40}}?[☑■√✓✔☒]{_GAP}{_LEVEL}")


def marking_of(text: str) -> Marking | None:
    """The marking that a text bears; the most secret where it bears several."""
    if not _SECRET.search(text):
        return None
    found = [
        *_starred(text),
        *_bare_lines(text),
        *_matches(_TICKED, text),
        *_matches(_LABELLED, text),
    ]
    return max(found, key=lambda one: (list(Secrecy).index(one.level), -one.start), default=None)


def marking_in(document: Document) -> Marking | None:
    """The marking that a document bears, in its text, headers and footers."""
    found = [marking_of(document.text)]
    for block in document.blocks:
        if block.kind.value in _HEADERS:
            one = marking_of(document.text[block.start : block.end])
            at = block.start
            found.append(
                Marking(one.level, one.start + at, one.end + at, one.words) if one else None
            )
    marked = [one for one in found if one is not None]
    return max(marked, key=lambda one: list(Secrecy).index(one.level), default=None)


def _starred(text: str) -> list[Marking]:
    found = []
    for match in _STARRED.finditer(text):
        start = match.start("level")
        before = text[max(0, start - _LOOK_BACK) : start].rpartition("\n")[2]
        if not _SPEAKS_OF.search(before):
            found.append(_marking(text, match))
    return found


def _bare_lines(text: str) -> list[Marking]:
    """Levels that stand alone near the beginning. Where several follow one another it is a list."""
    found: list[Marking] = []
    at = lines = 0
    previous_level = None
    for line in text[: _HEAD_CHARS * 2].splitlines(keepends=True):
        start, at = at, at + len(line)
        if not line.strip():
            continue
        if lines >= _HEAD_LINES or start > _HEAD_CHARS:
            break
        lines += 1
        match = _BARE.match(line.rstrip("\r\n"))
        level = _level(match["level"]) if match else None
        if match and previous_level in {None, level}:
            begin, end = match.span("level")
            found.append(
                Marking(_level(match["level"]), start + begin, start + end, match["level"])
            )
        elif match and found:
            found.pop()
        previous_level = level
    return found


def _matches(pattern: re.Pattern[str], text: str) -> list[Marking]:
    return [_marking(text, match) for match in pattern.finditer(text)]


def _marking(text: str, match: re.Match[str]) -> Marking:
    start, end = match.start("level"), match.end()
    return Marking(_level(match["level"]), start, end, text[start:end].strip())


def _level(written: str) -> Secrecy:
    first = {"絕": "绝", "機": "机", "祕": "秘"}.get(written[0], written[0])
    return Secrecy(f"{first}密")
