"""The typefaces that the standard names, by the names that fonts of them go by."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from documents.ooxml.write import give, made, properties
from tasks.official_layout.finding import Found, Rule
from tasks.official_layout.looks import is_black
from tasks.official_layout.paragraphs import Paragraph, Run, runs_of

CHINESE = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_VISIBLE = re.compile(r"\S")
_NEUTRAL = ""


@dataclass(frozen=True, slots=True)
class Typeface:
    """`name` is what people call it, `written` the font that mending gives."""

    name: str
    written: str
    fonts: frozenset[str]

    def has(self, font: str | None) -> bool:
        return font is not None and font.casefold().strip() in self.fonts


def _typeface(name: str, written: str, *fonts: str) -> Typeface:
    return Typeface(name, written, frozenset(font.casefold() for font in (written, *fonts)))


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
) -> Iterator[Found]:
    """Stretches of Chinese words in another typeface."""

    def fault(run: Run, text: str) -> str | None:
        if not CHINESE.search(text):
            return _NEUTRAL
        return (
            None
            if typeface.has(run.look.east_asia)
            else run.look.east_asia or "no font for Chinese"
        )

    def mend(first: int, last: int) -> None:
        for run in runs_of(paragraph, first, last):
            fonts = made(properties(run), "rFonts")
            give(fonts, eastAsia=typeface.written, eastAsiaTheme=None)

    yield from _stretches(rule, paragraph, (start, end), fault, mend)


def wrong_size(
    rule: Rule, paragraph: Paragraph, points: int, start: int = 0, end: int | None = None
) -> Iterator[Found]:
    """Stretches of words in another size."""

    def fault(run: Run, text: str) -> str | None:
        if not _VISIBLE.search(text):
            return _NEUTRAL
        return None if run.look.half_points == points * 2 else f"{run.look.half_points / 2:g} pt"

    def mend(first: int, last: int) -> None:
        for run in runs_of(paragraph, first, last):
            for name in ("sz", "szCs"):
                give(made(properties(run), name), val=points * 2)

    yield from _stretches(rule, paragraph, (start, end), fault, mend)


def wrong_colour(rule: Rule, paragraph: Paragraph) -> Iterator[Found]:
    """Stretches of words that are not black."""

    def fault(run: Run, text: str) -> str | None:
        if not _VISIBLE.search(text):
            return _NEUTRAL
        return None if is_black(run.look) else f"colour {run.look.colour}"

    def mend(first: int, last: int) -> None:
        for run in runs_of(paragraph, first, last):
            colour = made(properties(run), "color")
            for key in list(colour.attrib):
                del colour.attrib[key]
            give(colour, val="000000")

    yield from _stretches(rule, paragraph, (0, None), fault, mend)


def _stretches(
    rule: Rule,
    paragraph: Paragraph,
    span: tuple[int, int | None],
    fault: Callable[[Run, str], str | None],
    mend: Callable[[int, int], None],
) -> Iterator[Found]:
    """One finding for neighbouring runs with the same fault, and those between that have none.

    `fault` gives None where a run is right, and an empty text where nothing in it can be wrong.
    """
    start, end = span[0], len(paragraph.text) if span[1] is None else span[1]
    stretches: list[tuple[str, int, int]] = []
    open_fault: str | None = None
    for run in paragraph.runs:
        first, last = max(run.start, start), min(run.end, end)
        if first >= last:
            continue
        wrong = fault(run, paragraph.text[first:last])
        if wrong == _NEUTRAL:
            continue
        if wrong is not None and wrong == open_fault:
            stretches[-1] = (wrong, stretches[-1][1], last)
        elif wrong is not None:
            stretches.append((wrong, first, last))
        open_fault = wrong
    for wrong, first, last in stretches:
        yield Found(rule, wrong, paragraph, first, last, mend=_bound(mend, first, last))


def _bound(mend: Callable[[int, int], None], first: int, last: int) -> Callable[[], None]:
    return lambda: mend(first, last)
