"""The typefaces of the standard with their font names; checks of font, size and colour."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from documents.ooxml.write import give, made, properties
from tasks.official_layout.finding import Breach, Rule
from tasks.official_layout.formatting import is_black
from tasks.official_layout.paragraphs import Paragraph, Run, runs_of

CHINESE = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_VISIBLE = re.compile(r"\S")
_NEUTRAL = ""


@dataclass(frozen=True, slots=True)
class Typeface:
    """`font` is the name that corrections set; `fonts` are all accepted names, in lower case."""

    name: str
    font: str
    fonts: frozenset[str]

    def includes(self, font: str | None) -> bool:
        return font is not None and font.casefold().strip() in self.fonts


def _typeface(name: str, font: str, *others: str) -> Typeface:
    return Typeface(name, font, frozenset(one.casefold() for one in (font, *others)))


FANGSONG = _typeface(
    "仿宋", "仿宋_GB2312", "仿宋", "FangSong", "FangSong_GB2312", "方正仿宋_GBK", "方正仿宋简体",
    "方正仿宋_GB2312", "方正仿宋_GB18030", "华文仿宋", "STFangsong",
)  # fmt: skip
HEITI = _typeface(
    "黑体", "黑体", "SimHei", "方正黑体_GBK", "方正黑体简体", "方正黑体_GB18030", "华文黑体",
    "STHeiti",
)  # fmt: skip
KAITI = _typeface(
    "楷体", "楷体_GB2312", "楷体", "KaiTi", "KaiTi_GB2312", "方正楷体_GBK", "方正楷体简体",
    "方正楷体_GB2312", "方正楷体_GB18030", "华文楷体", "STKaiti",
)  # fmt: skip
XIAOBIAOSONG = _typeface(
    "小标宋", "方正小标宋简体", "方正小标宋_GBK", "方正小标宋_GB18030", "方正小标宋", "小标宋",
    "小标宋体", "FZXiaoBiaoSong-B05S", "FZXiaoBiaoSong-B05", "FZXBSJW--GB1-0",
)  # fmt: skip
SONGTI = _typeface(
    "宋体", "宋体", "SimSun", "NSimSun", "新宋体", "方正书宋_GBK", "方正书宋简体", "华文宋体",
    "STSong",
)  # fmt: skip


def wrong_typeface(
    rule: Rule, paragraph: Paragraph, typeface: Typeface, start: int = 0, end: int | None = None
) -> Iterator[Breach]:
    """Reports passages of Chinese text in another typeface."""

    def fault(run: Run, text: str) -> str | None:
        if not CHINESE.search(text):
            return _NEUTRAL
        return (
            None
            if typeface.includes(run.format.east_asia)
            else run.format.east_asia or "no font for Chinese"
        )

    def correct(first: int, last: int) -> None:
        for run in runs_of(paragraph, first, last):
            fonts = made(properties(run), "rFonts")
            give(fonts, eastAsia=typeface.font, eastAsiaTheme=None)

    yield from _passages(rule, paragraph, (start, end), fault, correct)


def wrong_size(
    rule: Rule, paragraph: Paragraph, points: int, start: int = 0, end: int | None = None
) -> Iterator[Breach]:
    """Reports passages in another size."""

    def fault(run: Run, text: str) -> str | None:
        if not _VISIBLE.search(text):
            return _NEUTRAL
        return (
            None if run.format.half_points == points * 2 else f"{run.format.half_points / 2:g} pt"
        )

    def correct(first: int, last: int) -> None:
        for run in runs_of(paragraph, first, last):
            for name in ("sz", "szCs"):
                give(made(properties(run), name), val=points * 2)

    yield from _passages(rule, paragraph, (start, end), fault, correct)


def wrong_colour(rule: Rule, paragraph: Paragraph) -> Iterator[Breach]:
    """Reports passages that are not black."""

    def fault(run: Run, text: str) -> str | None:
        if not _VISIBLE.search(text):
            return _NEUTRAL
        return None if is_black(run.format) else f"colour {run.format.colour}"

    def correct(first: int, last: int) -> None:
        for run in runs_of(paragraph, first, last):
            colour = made(properties(run), "color")
            for key in list(colour.attrib):
                del colour.attrib[key]
            give(colour, val="000000")

    yield from _passages(rule, paragraph, (0, None), fault, correct)


def _passages(
    rule: Rule,
    paragraph: Paragraph,
    span: tuple[int, int | None],
    fault: Callable[[Run, str], str | None],
    correct: Callable[[int, int], None],
) -> Iterator[Breach]:
    """Reports adjacent runs with the same fault as one breach.

    `fault` returns None for a correct run, and `_NEUTRAL` where the rule does not apply to it.
    """
    start, end = span[0], len(paragraph.text) if span[1] is None else span[1]
    passages: list[tuple[str, int, int]] = []
    open_fault: str | None = None
    for run in paragraph.runs:
        first, last = max(run.start, start), min(run.end, end)
        if first >= last:
            continue
        wrong = fault(run, paragraph.text[first:last])
        if wrong == _NEUTRAL:
            continue
        if wrong is not None and wrong == open_fault:
            passages[-1] = (wrong, passages[-1][1], last)
        elif wrong is not None:
            passages.append((wrong, first, last))
        open_fault = wrong
    for wrong, first, last in passages:
        yield Breach(rule, wrong, paragraph, first, last, correction=partial(correct, first, last))
