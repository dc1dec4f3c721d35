"""Mutations of attachments, signature and date."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from bench.quality.layout_mutations.mutation import (
    Broken,
    Expected,
    Mutation,
    breaks,
    one_of,
    other_blanks,
    other_look,
    swap,
    take_out,
)
from bench.quality.official_paper import FANGSONG, HEITI, SONGTI, Line, Paper

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
    other_blanks(paper, rng, notes[0])
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
    return other_look(paper, rng, "attachment.head_font", ["head"], font=fonts)


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


@breaks("seal.issuer")
def _(paper: Paper, rng: random.Random) -> Broken:
    sign = paper.of("sign")[0]
    paper.seals = (rng.choice(("青溪乡卫生院", f"{sign.text.strip()[:-1]}\n财务专用章")),)
    return [Expected("seal.issuer", sign)]


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
    return other_look(paper, rng, "copies.size", ("copies", "printed"), points=(12, 16))


@breaks("copies.font")
def _(paper: Paper, rng: random.Random) -> Broken:
    return other_look(paper, rng, "copies.font", ("copies", "printed"), font=(SONGTI, HEITI))


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
