"""Finds secrecy markings (密级) in a text.

GB/T 9704-2012 (from copies) puts the level in the top left corner of the first page, with the term
after a star: `机密★1年`. A text that only mentions secrets, such as a law, has no marking.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from documents.document import Document
from tasks.secrecy import Marking, Secrecy, highest

# A marking without a star is only accepted near the beginning.
_HEAD_LINES, _HEAD_CHARS = 16, 800
_LOOK_BACK = 30
# Kinds of blocks that readers separate from the body and that repeat on pages.
_HEADERS = frozenset(("header", "footer", "annotation"))

_GAP = r"[ \t\u3000\u00a0]{0,6}"
# A gap with Markdown emphasis, and other Markdown at the beginning or end of a line.
_LOOSE = r"[ \t\u3000\u00a0*_]{0,8}"
_EDGE = r"[ \t\u3000\u00a0*_#>|~]{0,10}"
_LEVEL = rf"(?P<level>[绝絕]{_GAP}密|[机機]{_GAP}密|[秘祕]{_GAP}密)"
_STAR = r"(?:\\?[★☆✩✭⋆＊⭐⭑]\ufe0f?)"
_YEARS = r"(?:\d{1,3}|[一二三四五六七八九十]{1,3})"
_TERM = (
    rf"(?:{_YEARS}{_GAP}(?:年|个?月|日|天)|长期|永久|启封前|解密前|[^\s,，。;；]{{1,12}}前|"
    r"\d{4}年\d{1,2}月\d{1,2}日(?:前|解密)?)"
)
_TERM_LABELLED = (
    rf"(?:[（(【\[]?{_GAP}保密期限{_GAP}[:：为]?{_GAP}{_TERM}|[（(]{_GAP}{_TERM}(?={_GAP}[）)]))"
)
_COPY = r"(?:(?:份号|编号|№|No\.?)?[:：]?\d{1,8}(?:号)?)"
_URGENCY = r"(?:特提|特急|加急|平急|急件)"
_LABEL = rf"(?:密{_GAP}级(?:和保密期限|及保密期限)?|保密等级|涉密等级|文件密级)"
# The ending of an official document's title.
_TITLE_END = (
    r"(?:通知|通报|通告|公告|公报|决定|决议|命令|意见|报告|请示|批复|议案|函|纪要|方案|预案|办法|规定|"
    r"计划|规划|总结|要点|简报|汇报|专报|快报|名单|清单|记录|讲话|分析|稿|材料)(?:[（(][^）)\n]{1,20}[）)])?"
)
_OPEN, _CLOSE = r"[【\[(（〔<《「“\"]?", r"[】\])）〕>》」”\"]?"

_SECRET = re.compile(r"[绝絕机機秘祕][ \t\u3000\u00a0]{0,6}密")
# With a star: at the beginning of a line or after a separator. An asterisk, which Markdown also
# uses, counts as a star only with a term.
_STARRED = re.compile(
    rf"(?:^{_EDGE}[【\[（(〔]?|(?<=[\s\d】\])）:：*_|>])){_GAP}{_LEVEL}(?:级|件)?"
    rf"(?:{_LOOSE}{_STAR}{_LOOSE}(?:{_TERM})?|{_GAP}\\?(?P<asterisk>\*)(?!\*){_GAP}{_TERM})",
    re.MULTILINE,
)
# Markup between the preceding words and the level; asterisks of italics are not stars.
_TAG = re.compile(r"<[^<>\n]{0,90}+>$")
_ITALIC = re.compile(r"(?<!\*)\*$")
_MENTIONED = re.compile(
    r"[\"“「『《‘'][^\n]{0,20}$"
    r"|(?:标注|标明|注明|表示|形式|格式|例如|如|为|是|写作|加盖|印有)[:：]?[ ]?$"
)
# Without a star: alone on a line, or with term, copy number and urgency only.
_BARE = re.compile(
    rf"^{_EDGE}(?:{_COPY}{_GAP})?(?:{_LABEL}{_GAP}[:：]?{_GAP})?{_OPEN}{_GAP}{_LEVEL}(?:级|件|文件|资料)?"
    rf"{_GAP}(?:{_TERM}|{_TERM_LABELLED})?{_GAP}{_CLOSE}{_LOOSE}(?:{_URGENCY})?{_GAP}(?:{_COPY})?{_EDGE}$"
)
# In brackets before the title on the same line.
_TITLED = re.compile(
    rf"^{_EDGE}[【\[（(〔]{_GAP}{_LEVEL}(?:级|件|文件)?{_GAP}[】\])）〕]{_LOOSE}(?![级的是指和与或、])"
    rf"(?:[^\s。；;]{{0,40}}关于[^\n。；;]{{2,80}}|[^\n。；;，,]{{2,60}}{_TITLE_END}){_EDGE}$"
)
_LABELLED = re.compile(
    rf"{_LABEL}{_LOOSE}[:：]{_LOOSE}{_LEVEL}"
    rf"(?!{_LOOSE}(?:[□○/、,，或和及]|[(（\[]{_GAP}[)）\]])|级?[分为的])"
)
# Levels with tick boxes before or after them.
_CHOICES = re.compile(rf"{_LABEL}(?P<choices>[^\n]{{0,80}})")
_CHOICE = re.compile(
    rf"{_LEVEL}|(?P<ticked>[(（\[]?{_GAP}[☑■√✓✔☒]{_GAP}[)）\]]?)|[□○]|[(（\[]{_GAP}[)）\]]"
)


def marking_of(text: str, *, is_value: bool = False) -> Marking | None:
    """Returns the marking in a text; the highest level if there are several.

    With `is_value`, the text is a single value, such as an item of a list: a level alone, without
    a star or a label, is no marking there.
    """
    if not _SECRET.search(text):
        return None
    found = [
        *_starred(text),
        *(() if is_value else _bare_lines(text)),
        *_labelled(text),
    ]
    return max(found, key=lambda one: (list(Secrecy).index(one.level), -one.start), default=None)


def marking_in(document: Document) -> Marking | None:
    """Returns the marking of a document, in its text, headers, footers and seals.

    One in a seal has no length, because seals are not part of the text.
    """
    found: list[Marking | None] = [marking_of(document.text)]
    for block in document.blocks:
        if block.kind.value in _HEADERS:
            one = marking_of(document.text[block.start : block.end])
            at = block.start
            found.append(
                Marking(one.level, one.start + at, one.end + at, one.words) if one else None
            )
    for seal in document.seals:
        one = marking_of(seal.text)
        found.append(Marking(one.level, 0, 0, one.words) if one else None)
    return highest(found)


def _starred(text: str) -> list[Marking]:
    found = []
    for match in _STARRED.finditer(text):
        start = match.start("level")
        before = text[max(0, start - 3 * _LOOK_BACK) : start].rpartition("\n")[2]
        preceding = _without_markup(before)[-_LOOK_BACK:]
        in_italics = match["asterisk"] and _ITALIC.search(before)
        if not in_italics and not _MENTIONED.search(preceding):
            found.append(_marking(text, match))
    return found


def _without_markup(before: str) -> str:
    """Removes tags and Markdown marks from the end."""
    while True:
        bare = _TAG.sub("", before.rstrip("*_|~"))
        if bare == before:
            return bare
        before = bare


def _bare_lines(text: str) -> list[Marking]:
    """Finds levels alone on a line near the beginning. Different levels in a row are a list."""
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
    """Finds levels after a label such as 密级：; with tick boxes, only ticked levels."""
    ticked: set[int] = set()
    for match in _CHOICES.finditer(text):
        for one in _ticked(text, *match.span("choices")):
            ticked.add(match.start())
            yield one
    for match in _LABELLED.finditer(text):
        if match.start() not in ticked:
            yield _marking(text, match)


def _ticked(text: str, start: int, end: int) -> Iterator[Marking]:
    """Assigns each tick to the nearer level; if equally near, by the position of the first box."""
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
