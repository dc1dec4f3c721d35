"""One rule of the layout broken in a correct document, and the findings that this must give."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench.quality.official_paper import FANGSONG, HEITI, KAITI, SONGTI, Footer, Line, Paper


@dataclass(frozen=True, slots=True)
class Expected:
    """A finding of `rule` in `line` (None: in no paragraph) that touches the characters `span`."""

    rule: str
    line: Line | None = None
    span: tuple[int, int] | None = None


Broken = Sequence[Expected] | None
"""None where the document has nothing that the mutation could break."""
Mutation = Callable[[Paper, random.Random], Broken]
MUTATIONS: dict[str, list[Mutation]] = {}

_UPWARD = ("请示", "报告", "议案")
_NEEDS_RECIPIENT = ("通知", "通报", "报告", "请示", "批复", "函", "议案")
_TEXT = ("text", "h3", "h4")
_HAN = "[\u4e00-\u9fff]"
_CHINESE = "一二三四五六七八九十"


def breaks(rule: str) -> Callable[[Mutation], Mutation]:
    def register(mutation: Mutation) -> Mutation:
        MUTATIONS.setdefault(rule, []).append(mutation)
        return mutation

    return register


def one_of(paper: Paper, rng: random.Random, *roles: str) -> Line | None:
    lines = paper.of(*roles)
    return rng.choice(lines) if lines else None


def replace(line: Line, start: int, end: int, new: str) -> tuple[int, int]:
    """Put other words into a line, with its pieces moved along; gives where they stand."""
    change = len(new) - (end - start)
    line.text = line.text[:start] + new + line.text[end:]
    line.pieces = [
        (first + change * (first >= end and first > 0), last + change * (last >= end), look)
        for first, last, look in line.pieces
    ]
    return start, start + len(new)


def swap(
    rule: str, paper: Paper, rng: random.Random, roles: Sequence[str], pattern: str, *news: str
) -> Broken:
    """One place where `pattern` is found, written otherwise."""
    places = [
        (line, found) for line in paper.of(*roles) for found in re.finditer(pattern, line.text)
    ]
    if not places:
        return None
    line, found = rng.choice(places)
    span = replace(line, *found.span(), found.expand(rng.choice(news)))
    return [Expected(rule, line, (span[0], max(span[1], span[0] + 1)))]


def take_out(paper: Paper, *lines: Line) -> None:
    for line in lines:
        paper.lines.remove(line)


# Page and grid


@breaks("page.size")
def _(paper: Paper, rng: random.Random) -> Broken:
    paper.size = rng.choice([(215.9, 279.4), (182, 257), (297, 210), (210, 290), (205, 297)])
    return [Expected("page.size")]


def _margin(side: str) -> Mutation:
    def mutate(paper: Paper, rng: random.Random) -> Broken:
        off = rng.choice((-12, -5, -1.5, 1.5, 3, 9))
        paper.margins[side] += off
        if side == "bottom":
            paper.margins["footer"] += off
        return [Expected(f"page.{side}")]

    return mutate


for _side in ("top", "left", "right", "bottom"):
    breaks(f"page.{_side}")(_margin(_side))


@breaks("page.type_area")
def _(paper: Paper, rng: random.Random) -> Broken:
    sides, off = rng.choice((("left", "right"), ("top", "bottom"))), rng.choice((-0.9, 0.9))
    for side in sides:
        paper.margins[side] += off
    return [Expected("page.type_area")]


@breaks("page.grid")
def _(paper: Paper, rng: random.Random) -> Broken:
    single = any(line.rule == "auto" for line in paper.of("text"))
    paper.grid = "lines" if single else rng.choice((None, "lines"))
    return [Expected("page.grid")]


@breaks("page.lines")
def _(paper: Paper, rng: random.Random) -> Broken:
    paper.lines_a_page = rng.choice((19, 20, 24, 26, 30))
    return [Expected("page.lines")]


@breaks("page.characters")
def _(paper: Paper, rng: random.Random) -> Broken:
    paper.characters = rng.choice((24, 26, 30, 32))
    return [Expected("page.characters")]


# Page numbers


def _footer(paper: Paper, rng: random.Random) -> Footer:
    footer = rng.choice((paper.odd, paper.even))
    assert footer is not None
    return footer


@breaks("number.field")
def _(paper: Paper, rng: random.Random) -> Broken:
    variant = rng.randrange(3)
    if variant == 0:
        paper.odd = None
    elif variant == 1:
        paper.even = None
    else:
        _footer(paper, rng).field = False
    return [Expected("number.field")]


@breaks("number.dashes")
def _(paper: Paper, rng: random.Random) -> Broken:
    _footer(paper, rng).dashes = rng.choice(
        (("", ""), ("- ", " -"), ("第", "页"), ("— ", ""), ("~", "~"))
    )
    return [Expected("number.dashes")]


@breaks("number.size")
def _(paper: Paper, rng: random.Random) -> Broken:
    _footer(paper, rng).points = rng.choice((9, 10.5, 12, 16))
    return [Expected("number.size")]


@breaks("number.font")
def _(paper: Paper, rng: random.Random) -> Broken:
    _footer(paper, rng).font = rng.choice(("Calibri", "Times New Roman", FANGSONG))
    return [Expected("number.font")]


@breaks("number.odd")
def _(paper: Paper, rng: random.Random) -> Broken:
    assert paper.odd is not None
    paper.odd.align = rng.choice(("left", "center"))
    return [Expected("number.odd")]


@breaks("number.even")
def _(paper: Paper, rng: random.Random) -> Broken:
    assert paper.even is not None
    variant = rng.randrange(3)
    if variant == 0:
        paper.turns = False
    elif variant == 1:
        paper.turns, paper.even = False, None
    else:
        paper.even.align = rng.choice(("right", "center"))
    return [Expected("number.even")]


@breaks("number.distance")
def _(paper: Paper, rng: random.Random) -> Broken:
    paper.margins["footer"] = rng.choice((8, 15, 17.5, 33))
    return [Expected("number.distance")]


# Issue number

_YEAR = r"〔(\d{4})〕"


@breaks("issue.brackets")
def _(paper: Paper, rng: random.Random) -> Broken:
    forms = (r"[\1]", r"(\1)", r"（\1）", r"【\1】", r"［\1］", r"〔\1]")
    return swap("issue.brackets", paper, rng, ["issue"], _YEAR, *forms)


@breaks("issue.year")
def _(paper: Paper, rng: random.Random) -> Broken:
    return swap("issue.year", paper, rng, ["issue"], r"〔\d\d(\d\d)〕", r"〔\1〕")


@breaks("issue.ordinal")
def _(paper: Paper, rng: random.Random) -> Broken:
    return swap("issue.ordinal", paper, rng, ["issue"], r"〕(?=\d)", "〕第")


@breaks("issue.zero")
def _(paper: Paper, rng: random.Random) -> Broken:
    return swap("issue.zero", paper, rng, ["issue"], r"〕(?=\d)", "〕0", "〕00")


@breaks("issue.end")
def _(paper: Paper, rng: random.Random) -> Broken:
    found = swap("issue.end", paper, rng, ["issue"], r"(?<=\d)号", "")
    return found and [Expected("issue.end", found[0].line)]


@breaks("issue.spaces")
def _(paper: Paper, rng: random.Random) -> Broken:
    pattern, new = rng.choice((("〕", "〕 "), ("发〔", "发 〔"), (r"(?<=\d)号", " 号")))
    return swap("issue.spaces", paper, rng, ["issue"], pattern, new)


@breaks("issue.align")
def _(paper: Paper, rng: random.Random) -> Broken:
    line = one_of(paper, rng, "issue")
    if line is None or paper.kind in {*_UPWARD, "函"}:
        return None
    line.align = rng.choice(("left", "right", "both"))
    return [Expected("issue.align", line)]


@breaks("issue.signed_by")
def _(paper: Paper, rng: random.Random) -> Broken:
    found = swap("issue.signed_by", paper, rng, ["issue"], r"　　签发人.*", "")
    return found and [Expected("issue.signed_by", found[0].line)]


# Title


@breaks("title.kind")
def _(paper: Paper, rng: random.Random) -> Broken:
    line = paper.of("title")[-1]
    if line.text == paper.kind:
        return None
    line.text = line.text.removesuffix(paper.kind) + rng.choice(("工作安排", "实施方案", "总结"))
    return [Expected("title.kind", line)]


@breaks("title.subject")
def _(paper: Paper, _rng: random.Random) -> Broken:
    if paper.kind in {"公告", "通告", "公报"}:
        return None
    line = paper.of("title")[0]
    line.text = line.text.removeprefix("关于")
    return [Expected("title.subject", line)]


@breaks("title.mixed")
def _(paper: Paper, rng: random.Random) -> Broken:
    if paper.kind != "报告":
        return None
    return swap("title.mixed", paper, rng, ["title"], "报告$", "请示报告")


@breaks("title.font")
def _(paper: Paper, rng: random.Random) -> Broken:
    return _other_look(paper, rng, "title.font", ("title",), font=("宋体", "黑体", "华文中宋"))


@breaks("title.size")
def _(paper: Paper, rng: random.Random) -> Broken:
    return _other_look(paper, rng, "title.size", ("title",), points=(16, 18, 20, 24, 26))


@breaks("title.align")
def _(paper: Paper, rng: random.Random) -> Broken:
    line = rng.choice(paper.of("title"))
    if rng.random() < 0.5:
        line.align = rng.choice(("left", "both", "right"))
    else:
        line.first = 2
    return [Expected("title.align", line)]


@breaks("title.place")
def _(paper: Paper, rng: random.Random) -> Broken:
    title = paper.of("title")[0]
    if not paper.of("issue"):
        return None
    _other_blanks(paper, rng, title)
    return [Expected("title.place", title)]


@breaks("title.stop")
def _(paper: Paper, rng: random.Random) -> Broken:
    line = paper.of("title")[-1]
    line.text += rng.choice("。；，")
    return [Expected("title.stop", line, (len(line.text) - 1, len(line.text)))]


@breaks("title.marks")
def _(paper: Paper, rng: random.Random) -> Broken:
    return swap("title.marks", paper, rng, ["title"], r"(?<=关于..)", "，", "：")


def _other_blanks(paper: Paper, rng: random.Random, below: Line) -> None:
    """One blank line more or less above a line."""
    place = paper.place(below)
    if rng.random() < 0.5:
        paper.lines.insert(place, Line("blank"))
    else:
        take_out(paper, paper.lines[place - 1])


# Recipient


@breaks("recipient.missing")
def _(paper: Paper, rng: random.Random) -> Broken:
    line = one_of(paper, rng, "recipient")
    if line is None or paper.kind not in _NEEDS_RECIPIENT:
        return None
    take_out(paper, line)
    return [Expected("recipient.missing", paper.of("title")[-1])]


@breaks("recipient.unneeded")
def _(paper: Paper, _rng: random.Random) -> Broken:
    if paper.kind not in {"公告", "通告", "公报"}:
        return None
    text = paper.of(*_TEXT, "h1", "h2")[0]
    line = Line("recipient", "各镇人民政府、县直有关部门：", line=text.line, rule=text.rule)
    paper.lines.insert(paper.place(text), line)
    return [Expected("recipient.unneeded", line)]


@breaks("recipient.one")
def _(paper: Paper, rng: random.Random) -> Broken:
    if paper.kind != "请示":
        return None
    return swap("recipient.one", paper, rng, ["recipient"], "：$", "、省财政厅：", "，省教育厅：")


@breaks("recipient.colon")
def _(paper: Paper, rng: random.Random) -> Broken:
    found = swap("recipient.colon", paper, rng, ["recipient"], "：$", ":", "。", "，", "")
    return found and [Expected("recipient.colon", found[0].line)]


@breaks("recipient.indent")
def _(paper: Paper, rng: random.Random) -> Broken:
    line = one_of(paper, rng, "recipient")
    if line is None:
        return None
    if rng.random() < 0.5:
        line.first = 2
    else:
        line.text = f"　　{line.text}"
    return [Expected("recipient.indent", line)]


@breaks("recipient.place")
def _(paper: Paper, rng: random.Random) -> Broken:
    line = one_of(paper, rng, "recipient")
    if line is None:
        return None
    _other_blanks(paper, rng, line)
    return [Expected("recipient.place", line)]


# Text


def _other_look(
    paper: Paper,
    rng: random.Random,
    rule: str,
    roles: Sequence[str],
    **looks: Sequence[object],
) -> Broken:
    """A whole line, or some of it, in another font, size or colour."""
    line = one_of(paper, rng, *roles)
    if line is None:
        return None
    look = {name: rng.choice(values) for name, values in looks.items()}
    places = [found.start() for found in re.finditer(_HAN + "{2}", line.text)]
    if line.pieces or not places or rng.random() < 0.5:
        line.pieces = [(start, end, {**old, **look}) for start, end, old in line.pieces]
        for name, value in look.items():
            setattr(line, name, value)
        return [Expected(rule, line)]
    start = rng.choice(places)
    line.pieces.append((start, start + 2, look))
    return [Expected(rule, line, (start, start + 2))]


@breaks("body.font")
def _(paper: Paper, rng: random.Random) -> Broken:
    roles = rng.choice((_TEXT, ("recipient", "note", "sign", "date")))
    fonts = (SONGTI, HEITI, KAITI, "微软雅黑", "等线")
    return _other_look(paper, rng, "body.font", roles, font=fonts)


@breaks("body.size")
def _(paper: Paper, rng: random.Random) -> Broken:
    roles = rng.choice((_TEXT, ("h1",), ("recipient", "note", "sign", "date")))
    return _other_look(paper, rng, "body.size", roles, points=(10.5, 12, 14, 15, 18))


@breaks("body.colour")
def _(paper: Paper, rng: random.Random) -> Broken:
    roles = (*_TEXT, "h1", "recipient", "sign", "date", "title")
    return _other_look(paper, rng, "body.colour", roles, colour=("FF0000", "1F4E79", "7F7F7F"))


@breaks("body.line")
def _(paper: Paper, rng: random.Random) -> Broken:
    line = one_of(paper, rng, *_TEXT, "h1", "h2", "recipient")
    if line is None:
        return None
    line.line, line.rule = rng.choice(
        ((400, "exact"), (500, "exact"), (360, "auto"), (480, "auto"), (579, "atLeast"))
    )
    return [Expected("body.line", line)]


@breaks("body.space")
def _(paper: Paper, rng: random.Random) -> Broken:
    line = one_of(paper, rng, *_TEXT, "h1", "h2")
    if line is None:
        return None
    line.before, line.after = rng.choice(((156, 0), (0, 156), (240, 240)))
    return [Expected("body.space", line)]


@breaks("body.indent")
def _(paper: Paper, rng: random.Random) -> Broken:
    line = one_of(paper, rng, *_TEXT, "h1", "h2")
    if line is None:
        return None
    bare = not line.text.startswith("　")
    line.first, line.left = rng.choice(((0 if bare else 2, 0), (4, 0), (2, 2), (1, 0)))
    return [Expected("body.indent", line)]


@breaks("body.align")
def _(paper: Paper, rng: random.Random) -> Broken:
    line = one_of(paper, rng, *_TEXT, "h1", "h2")
    if line is None:
        return None
    line.align = rng.choice(("center", "right"))
    return [Expected("body.align", line)]


# Headings


@breaks("heading.first_font")
def _(paper: Paper, rng: random.Random) -> Broken:
    fonts = (FANGSONG, KAITI, SONGTI)
    return _other_look(paper, rng, "heading.first_font", ["h1"], font=fonts)


@breaks("heading.second_font")
def _(paper: Paper, rng: random.Random) -> Broken:
    line = one_of(paper, rng, "h2")
    if line is None:
        return None
    font = rng.choice((FANGSONG, HEITI, SONGTI))
    if line.pieces:
        line.pieces = [(start, end, {"font": font}) for start, end, _ in line.pieces]
    else:
        line.font = font
    return [Expected("heading.second_font", line)]


@breaks("heading.brackets")
def _(paper: Paper, rng: random.Random) -> Broken:
    forms = (r"(\1)", r"（\1)", r"(\1）")
    return swap("heading.brackets", paper, rng, ["h2", "h4"], r"^（(.{1,2})）", *forms)


@breaks("heading.mark")
def _(paper: Paper, rng: random.Random) -> Broken:
    role, pattern, forms = rng.choice((
        ("h1", r"^(.{1,2})、", (r"\1.", r"\1，", r"\1．")),
        ("h2", r"^（(.{1,2})）", (r"（\1）、", r"（\1）.")),
        ("h3", r"^(\d)\.", (r"\1、", r"\1．", r"\1，")),
        ("h4", r"^（(\d)）", (r"（\1）、",)),
    ))  # fmt: skip
    return swap("heading.mark", paper, rng, [role], pattern, *forms)


@breaks("heading.sequence")
def _(paper: Paper, rng: random.Random) -> Broken:
    """A number left out, or given twice."""
    line = one_of(paper, rng, "h1", "h2", "h3", "h4")
    if line is None:
        return None
    found = re.match(rf"\s*（?([{_CHINESE}]|\d)", line.text)
    assert found is not None
    digits = _CHINESE if found[1] in _CHINESE else "123456789"
    at = digits.index(found[1])
    new = digits[at - 1] if at and rng.random() < 0.5 else digits[at + rng.choice((1, 2))]
    return [Expected("heading.sequence", line, replace(line, *found.span(1), new))]


@breaks("heading.order")
def _(paper: Paper, rng: random.Random) -> Broken:
    if paper.of("h1", "h2", "h3", "h4"):
        return None
    last = paper.of("text")[-1]
    font, mark = rng.choice(((KAITI, "（一）"), (FANGSONG, "（1）")))
    line = Line("h2", f"{mark}加强领导", font=font, first=2, line=last.line, rule=last.rule)
    paper.lines.insert(paper.place(last), line)
    return [Expected("heading.order", line)]


# Attachments


@breaks("attachment.form")
def _(paper: Paper, rng: random.Random) -> Broken:
    forms = ("附件:", "附：", "附:", "附 件：")
    return swap("attachment.form", paper, rng, ["note"], "^附件：", *forms)


@breaks("attachment.numbers")
def _(paper: Paper, rng: random.Random) -> Broken:
    notes = paper.of("note")
    if len(notes) == 1:
        notes[0].text = notes[0].text.replace("：", "：1.")
        return [Expected("attachment.numbers", notes[0])]
    return swap("attachment.numbers", paper, rng, ["note"], r"[23](?=\.)", "4", "5")


@breaks("attachment.mark")
def _(paper: Paper, rng: random.Random) -> Broken:
    return swap("attachment.mark", paper, rng, ["note"], r"(?<=\d)\.", "、", "．")


@breaks("attachment.stop")
def _(paper: Paper, rng: random.Random) -> Broken:
    return swap("attachment.stop", paper, rng, ["note"], r"(?<=.)$", "。", "；", "，")


@breaks("attachment.indent")
def _(paper: Paper, rng: random.Random) -> Broken:
    notes = paper.of("note")
    if not notes:
        return None
    notes[0].first = rng.choice((0, 4))
    return [Expected("attachment.indent", notes[0])]


@breaks("attachment.place")
def _(paper: Paper, rng: random.Random) -> Broken:
    notes = paper.of("note")
    if not notes:
        return None
    _other_blanks(paper, rng, notes[0])
    return [Expected("attachment.place", notes[0])]


@breaks("attachment.count")
def _(paper: Paper, rng: random.Random) -> Broken:
    heads = paper.of("head")
    if len(heads) < 2:
        return None
    gone = rng.choice(heads[1:])
    take_out(paper, gone)
    return [Expected("attachment.count", heads[0])]


@breaks("attachment.head_font")
def _(paper: Paper, rng: random.Random) -> Broken:
    fonts = (FANGSONG, SONGTI)
    return _other_look(paper, rng, "attachment.head_font", ["head"], font=fonts)


@breaks("attachment.head_indent")
def _(paper: Paper, rng: random.Random) -> Broken:
    line = one_of(paper, rng, "head")
    if line is None:
        return None
    line.first = 2
    return [Expected("attachment.head_indent", line)]


# Date and signature


def _date(rule: str, form: Callable[[int, int, int], str]) -> Mutation:
    def mutate(paper: Paper, _: random.Random) -> Broken:
        (line,) = paper.of("date")
        year, month, day = (int(part) for part in re.findall(r"\d+", line.text))
        line.text = form(year, month, day)
        return [Expected(rule, line)]

    return mutate


def _in_chinese(year: int, month: int, day: int) -> str:
    digits = "〇一二三四五六七八九"

    def small(number: int) -> str:
        tens, ones = divmod(number, 10)
        head = ("" if tens < 2 else digits[tens]) + "十" * (tens > 0)
        return head + (digits[ones] if ones else "")

    return f"{''.join(digits[int(one)] for one in str(year))}年{small(month)}月{small(day)}日"


breaks("date.digits")(_date("date.digits", _in_chinese))
breaks("date.form")(_date("date.form", lambda year, month, day: f"{year}-{month}-{day}"))
breaks("date.form")(_date("date.form", lambda year, month, day: f"{year}.{month:02}.{day:02}"))
breaks("date.form")(_date("date.form", lambda year, month, day: f"{year % 100}年{month}月{day}日"))
breaks("date.form")(_date("date.form", lambda year, month, day: f"{year}年 {month}月{day}日"))
breaks("date.zero")(_date("date.zero", lambda year, month, _: f"{year}年{month}月05日"))
breaks("date.zero")(_date("date.zero", lambda year, _, day: f"{year}年03月{day}日"))
breaks("date.real")(_date("date.real", lambda year, *_: f"{year}年2月30日"))
breaks("date.real")(_date("date.real", lambda year, _, day: f"{year}年13月{day}日"))


@breaks("date.missing")
def _(paper: Paper, _rng: random.Random) -> Broken:
    take_out(paper, *paper.of("date", "remark"))
    return [Expected("date.missing", paper.of("sign")[0])]


@breaks("date.right")
def _(paper: Paper, rng: random.Random) -> Broken:
    return [Expected("date.right", _set_left(paper.of("date")[0], rng))]


@breaks("signature.right")
def _(paper: Paper, rng: random.Random) -> Broken:
    return [Expected("signature.right", _set_left(paper.of("sign")[0], rng))]


def _set_left(line: Line, rng: random.Random) -> Line:
    line.left, line.first = 0, 0
    line.align, line.right = rng.choice((("both", 0), ("left", 0), ("right", 0), ("center", 0)))
    return line


@breaks("signature.missing")
def _(paper: Paper, _rng: random.Random) -> Broken:
    take_out(paper, *paper.of("sign"))
    return [Expected("signature.missing", paper.of("date")[0])]


@breaks("note.form")
def _(paper: Paper, rng: random.Random) -> Broken:
    return swap("note.form", paper, rng, ["remark"], "^（(.*)）$", r"(\1)", r"（\1)")


@breaks("note.indent")
def _(paper: Paper, rng: random.Random) -> Broken:
    line = one_of(paper, rng, "remark")
    if line is None:
        return None
    line.first = rng.choice((0, 4))
    return [Expected("note.indent", line)]


@breaks("copies.size")
def _(paper: Paper, rng: random.Random) -> Broken:
    return _other_look(paper, rng, "copies.size", ("copies", "printed"), points=(12, 16))


@breaks("copies.font")
def _(paper: Paper, rng: random.Random) -> Broken:
    return _other_look(paper, rng, "copies.font", ("copies", "printed"), font=(SONGTI, HEITI))


@breaks("copies.form")
def _(paper: Paper, rng: random.Random) -> Broken:
    if rng.random() < 0.5:
        return swap("copies.form", paper, rng, ["copies"], "：", ":")
    found = swap("copies.form", paper, rng, ["copies"], "。$", "", "；")
    return found and [Expected("copies.form", found[0].line)]


@breaks("printed.form")
def _(paper: Paper, rng: random.Random) -> Broken:
    found = swap("printed.form", paper, rng, ["printed"], "印发$", "")
    return found and [Expected("printed.form", found[0].line)]


# Punctuation

_WORDS = (*_TEXT, "h2")
_BETWEEN = rf"(?<={_HAN}){{}}(?={_HAN}|$)"


@breaks("text.width")
def _(paper: Paper, rng: random.Random) -> Broken:
    wide, half = rng.choice(("，,", "。.", "；;", "：:", "（(", "）)"))
    pattern = {"（": "（(?=含)", "）": "(?<=日)）"}.get(wide, _BETWEEN.format(wide))
    return swap("text.width", paper, rng, _WORDS, pattern, half)


@breaks("text.quotes")
def _(paper: Paper, rng: random.Random) -> Broken:
    broken = swap("text.quotes", paper, rng, _WORDS, "“(.+?)”", r'"\1"')
    if broken is None or broken[0].span is None:
        return None
    line, (start, end) = broken[0].line, broken[0].span
    return [Expected("text.quotes", line, (at, at + 1)) for at in (start, end - 1)]


@breaks("text.pairs")
def _(paper: Paper, rng: random.Random) -> Broken:
    found = swap("text.pairs", paper, rng, _WORDS, "[”》“]", "")
    return found and [Expected("text.pairs", found[0].line)]


@breaks("text.repeated")
def _(paper: Paper, rng: random.Random) -> Broken:
    return swap("text.repeated", paper, rng, ("text", "h3", "h4"), "([，。])", r"\1\1")


@breaks("text.dots")
def _(paper: Paper, rng: random.Random) -> Broken:
    return swap("text.dots", paper, rng, _TEXT, rf"(?<={_HAN})，", "...", "。。。", "......")


@breaks("text.space")
def _(paper: Paper, rng: random.Random) -> Broken:
    return swap("text.space", paper, rng, _TEXT, rf"(?<={_HAN})(?={_HAN})", " ", "  ")


@breaks("text.year")
def _(paper: Paper, rng: random.Random) -> Broken:
    return swap("text.year", paper, rng, _WORDS, r"20(\d\d)年", r"\1年")


@breaks("text.titles")
def _(paper: Paper, rng: random.Random) -> Broken:
    return swap("text.titles", paper, rng, _WORDS, "》", "》、《城市供水条例》", "》，《行政法》")


# Wording of the kinds


def _closing(rule: str, kind: str, *words: str) -> Mutation:
    def mutate(paper: Paper, rng: random.Random) -> Broken:
        if paper.kind != kind:
            return None
        line = paper.of("text")[-1]
        line.text, line.first = rng.choice(words), 2
        return [Expected(rule, line)]

    return mutate


breaks("request.asks")(_closing("request.asks", "请示", "以上情况，特作说明。", "特此说明。"))
breaks("letter.ends")(_closing("letter.ends", "函", "以上情况，特作说明。"))
breaks("proposal.asks")(_closing("proposal.asks", "议案", "以上情况，特作说明。"))


@breaks("request.one_matter")
def _(paper: Paper, rng: random.Random) -> Broken:
    return _added(
        paper, rng, "request.one_matter", "请示", "另外，申请增加人员编制。", "同时，请示调整预算。"
    )


@breaks("report.no_request")
def _(paper: Paper, rng: random.Random) -> Broken:
    return _added(
        paper, rng, "report.no_request", "报告", "以上当否，请批示。", "恳请上级给予经费。"
    )


def _added(paper: Paper, rng: random.Random, rule: str, kind: str, *sentences: str) -> Broken:
    """A sentence at the end of the text's first or second paragraph."""
    if paper.kind != kind:
        return None
    line = rng.choice(paper.of("text")[:2])
    start, words = len(line.text), rng.choice(sentences)
    line.text += words
    return [Expected(rule, line, (start, start + len(words)))]


@breaks("reply.received")
def _(paper: Paper, rng: random.Random) -> Broken:
    if paper.kind != "批复":
        return None
    return swap("reply.received", paper, rng, ["text"], "你单位《.*?》收悉", "关于有关事项")


@breaks("reply.says")
def _(paper: Paper, _rng: random.Random) -> Broken:
    if paper.kind != "批复":
        return None
    for line in paper.of("text"):
        line.text = line.text.replace("同意", "研究了").replace("此复", "专此说明")
    return [Expected("reply.says", paper.of("text")[-1])]
