"""Whether a text is marked as a state secret, as the markings of official documents are written.

GB/T 9704-2012 (from copies) sets the level in the top left corner of the first page, with the term
after a star: `机密★1年`. A text that only speaks of secrets, as the law on them does, has none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from documents.document import Document


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
# A gap that may hold Markdown's marks of emphasis, and what else may begin or end a line of it.
_LOOSE = r"[ \t\u3000\u00a0*_]{0,8}"
_EDGE = r"[ \t\u3000\u00a0*_#>|~]{0,10}"
_LEVEL = rf"(?P<level>[绝絕]{_GAP}密|[机機]{_GAP}密|[秘祕]{_GAP}密)"
_STAR = r"(?:\\?[★☆✩✭⋆＊⭐⭑]\ufe0f?)"
_YEARS = r"(?:\d{1,3}|[一二三四五六七八九十]{1,3})"
_TERM = (
    rf"(?:{_YEARS}{_GAP}(?:年|个?月|日|天)|长期|永久|启封前|解密前|[^\s,，。;；]{{1,12}}前|"
    r"\d{4}年\d{1,2}月\d{1,2}日(?:前|解密)?)"
)
_TERM_SAID = (
    rf"(?:[（(【\[]?{_GAP}保密期限{_GAP}[:：为]?{_GAP}{_TERM}|[（(]{_GAP}{_TERM}(?={_GAP}[）)]))"
)
_COPY = r"(?:(?:份号|编号|№|No\.?)?[:：]?\d{1,8}(?:号)?)"
_HASTE = r"(?:特提|特急|加急|平急|急件)"
_LABEL = rf"(?:密{_GAP}级(?:和保密期限|及保密期限)?|保密等级|涉密等级|文件密级)"
# What a title of an official document ends with.
_PAPER = (
    r"(?:通知|通报|通告|公告|公报|决定|决议|命令|意见|报告|请示|批复|议案|函|纪要|方案|预案|办法|规定|"
    r"计划|规划|总结|要点|简报|汇报|专报|快报|名单|清单|记录|讲话|分析|稿|材料)(?:[（(][^）)\n]{1,20}[）)])?"
)
_OPEN, _CLOSE = r"[【\[(（〔<《「“\"]?", r"[】\])）〕>》」”\"]?"

_SECRET = re.compile(r"[绝絕机機秘祕][ \t\u3000\u00a0]{0,6}密")
# With a star: at the beginning of a line, or apart from what stands before it. The asterisk, which
# also is a mark of Markdown's, counts as a star only with a term.
_STARRED = re.compile(
    rf"(?:^{_EDGE}[【\[（(〔]?|(?<=[\s\d】\])）:：*_|>])){_GAP}{_LEVEL}(?:级|件)?"
    rf"(?:{_LOOSE}{_STAR}{_LOOSE}(?:{_TERM})?|{_GAP}\\?(?P<asterisk>\*)(?!\*){_GAP}{_TERM})",
    re.MULTILINE,
)
# Marks and tags between what was said and the level, and a level in italics: its asterisks are no
# stars.
_MARKED_UP = re.compile(r"(?:<[^<>\n]*>|[*_|~])+$")
_ITALIC = re.compile(r"(?<!\*)\*$")
_SPEAKS_OF = re.compile(
    r"[\"“「『《‘'][^\n]{0,20}$"
    r"|(?:标注|标明|注明|表示|形式|格式|例如|如|为|是|写作|加盖|印有)[:：]?[ ]?$"
)
# Without one: a line with nothing else on it but a term, the number of the copy, and the haste.
_BARE = re.compile(
    rf"^{_EDGE}(?:{_COPY}{_GAP})?(?:{_LABEL}{_GAP}[:：]?{_GAP})?{_OPEN}{_GAP}{_LEVEL}(?:级|件|文件|资料)?"
    rf"{_GAP}(?:{_TERM}|{_TERM_SAID})?{_GAP}{_CLOSE}{_LOOSE}(?:{_HASTE})?{_GAP}(?:{_COPY})?{_EDGE}$"
)
# In brackets before the title, on the same line.
_TITLED = re.compile(
    rf"^{_EDGE}[【\[（(〔]{_GAP}{_LEVEL}(?:级|件|文件)?{_GAP}[】\])）〕]{_LOOSE}(?![级的是指和与或、])"
    rf"(?:[^\s。；;]{{0,40}}关于[^\n。；;]{{2,80}}|[^\n。；;，,]{{2,60}}{_PAPER}){_EDGE}$"
)
_LABELLED = re.compile(
    rf"{_LABEL}{_LOOSE}[:：]{_LOOSE}{_LEVEL}"
    rf"(?!{_LOOSE}(?:[□○/、,，或和及]|[(（\[]{_GAP}[)）\]])|级?[分为的])"
)
# Levels to tick, each with its box before it or after it.
_CHOICES = re.compile(rf"{_LABEL}(?P<choices>[^\n]{{0,80}})")
_CHOICE = re.compile(
    rf"{_LEVEL}|(?P<ticked>[(（\[]?{_GAP}[☑■√✓✔☒]{_GAP}[)）\]]?)|[□○]|[(（\[]{_GAP}[)）\]]"
)


def marking_of(text: str) -> Marking | None:
    """The marking that a text bears; the most secret where it bears several."""
    if not _SECRET.search(text):
        return None
    found = [
        *_starred(text),
        *_bare_lines(text),
        *_labelled(text),
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
        before = text[max(0, start - 3 * _LOOK_BACK) : start].rpartition("\n")[2]
        said = _MARKED_UP.sub("", before)[-_LOOK_BACK:]
        in_italics = match["asterisk"] and _ITALIC.search(before)
        if not in_italics and not _SPEAKS_OF.search(said):
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
        match = _BARE.match(line.rstrip("\r\n")) or _TITLED.match(line.rstrip("\r\n"))
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


def _labelled(text: str) -> Iterator[Marking]:
    """Levels after a label that says that one follows; only the ticked ones where there are any."""
    ticked: set[int] = set()
    for match in _CHOICES.finditer(text):
        for one in _ticked(text, *match.span("choices")):
            ticked.add(match.start())
            yield one
    for match in _LABELLED.finditer(text):
        if match.start() not in ticked:
            yield _marking(text, match)


def _ticked(text: str, start: int, end: int) -> Iterator[Marking]:
    """The levels that a tick belongs to: the nearer one, else as the first box stands."""
    choices = list(_CHOICE.finditer(text, start, end))
    box_is_after = bool(choices) and bool(choices[0]["level"])
    for at, one in enumerate(choices):
        if not one["ticked"]:
            continue
        before = choices[at - 1] if at and choices[at - 1]["level"] else None
        after = next((two for two in choices[at + 1 : at + 2] if two["level"]), None)
        if before and after:
            gaps = one.start() - before.end(), after.start() - one.end()
            before_is_it = gaps[0] < gaps[1] or (gaps[0] == gaps[1] and box_is_after)
            before, after = (before, None) if before_is_it else (None, after)
        if level := before or after:
            yield _marking(text, level)


def _marking(text: str, match: re.Match[str]) -> Marking:
    start, end = match.start("level"), match.end()
    return Marking(_level(match["level"]), start, end, text[start:end].strip())


def _level(written: str) -> Secrecy:
    first = {"絕": "绝", "機": "机", "祕": "秘"}.get(written[0], written[0])
    return Secrecy(f"{first}密")
