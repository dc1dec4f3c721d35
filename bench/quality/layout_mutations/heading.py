"""Mutations of the issue number, the title and the recipient."""

from __future__ import annotations

import random

from bench.quality.layout_mutations.mutation import (
    TEXT,
    Broken,
    Expected,
    breaks,
    one_of,
    other_blanks,
    other_look,
    swap,
    take_out,
)
from bench.quality.official_paper import Line, Paper

_NEEDS_RECIPIENT = ("通知", "通报", "报告", "请示", "批复", "函", "议案")
_UPWARD = ("请示", "报告", "议案")


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
    return other_look(paper, rng, "title.font", ("title",), font=("宋体", "黑体", "华文中宋"))


@breaks("title.size")
def _(paper: Paper, rng: random.Random) -> Broken:
    return other_look(paper, rng, "title.size", ("title",), points=(16, 18, 20, 24, 26))


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
    other_blanks(paper, rng, title)
    return [Expected("title.place", title)]


@breaks("title.stop")
def _(paper: Paper, rng: random.Random) -> Broken:
    line = paper.of("title")[-1]
    line.text += rng.choice("。；，")
    return [Expected("title.stop", line, (len(line.text) - 1, len(line.text)))]


@breaks("title.marks")
def _(paper: Paper, rng: random.Random) -> Broken:
    return swap("title.marks", paper, rng, ["title"], r"(?<=关于..)", "，", "：")


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
    text = paper.of(*TEXT, "h1", "h2")[0]
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
    other_blanks(paper, rng, line)
    return [Expected("recipient.place", line)]
