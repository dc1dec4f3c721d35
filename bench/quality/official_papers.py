"""Correct official documents of many kinds, generated from a seed with invented contents."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from bench.quality.official_paper import HEITI, KAITI, XIAOBIAOSONG, Line, Paper

KINDS = (
    "通知", "通报", "报告", "请示", "批复", "函", "意见", "决定", "公告", "通告", "议案", "公报",
)  # fmt: skip
WAYS = ("direct", "style", "theme", "defaults")
_UPWARD = {"请示", "报告", "议案"}
_PUBLIC = {"公告", "通告", "公报"}
_AUTHORITIES = ("江南市人民政府", "青山县人民政府办公室", "滨海区水务局", "云岭市教育局")
_SUBJECTS = (
    "做好防汛抗旱工作", "加强老旧小区消防安全管理", "推进政务服务一网通办", "开展公共场所卫生检查",
    "完善城乡供水设施", "规范户外广告设置", "提升基层档案管理水平",
)  # fmt: skip
_SENTENCES = (
    "各单位要高度重视，明确责任分工，细化工作措施。",
    "要建立工作台账，实行清单管理，做到件件有着落。",
    "今年以来，全市共检查场所1250处，整改隐患86项。",
    "工作中要坚持统筹兼顾、突出重点，防止简单化、一刀切。",
    "对发现的问题，要及时反馈有关单位，限期整改到位。",
    "要加强宣传引导，利用广播、报刊等渠道普及有关知识。",
    "各地要结合实际，制定实施方案，并于2024年6月30日前报送。",
    "经费由各级财政按现行渠道安排，专款专用，接受审计监督。",
    "坚持“预防为主、防治结合”的方针，把工作做在前面。",
    "认真落实《中华人民共和国档案法》的规定，健全各项制度。",
    "做好值班值守（含节假日），保持信息渠道畅通。",
    "建立部门联动机制，形成工作合力。",
    "定期开展督促检查，确保各项任务按期完成。",
)
_HEADINGS = (
    "总体要求", "主要任务", "工作安排", "加强组织领导", "强化督促检查", "健全保障机制",
    "做好宣传引导", "完善配套制度", "严格工作纪律", "提高服务水平", "落实工作责任",
)  # fmt: skip
_RECIPIENTS = (
    "各街道办事处、区政府各部门", "各县（市、区）人民政府，市直各单位",
    "各镇人民政府、县直有关部门", "各科室、下属各单位",
)  # fmt: skip
_HIGHER = ("江南省人民政府", "江南市人民政府", "省水利厅", "江南市财政局")
_CLOSINGS = {
    "通知": "特此通知。",
    "通报": "各单位要引以为戒，改进工作。",
    "报告": "特此报告。",
    "请示": "妥否，请批示。",
    "批复": "此复。",
    "函": "特此函告，请研究函复。",
    "意见": "各单位要结合实际抓好落实。",
    "决定": "本决定自公布之日起施行。",
    "公告": "特此公告。",
    "通告": "特此通告。",
    "议案": "现提请审议，请予审议。",
    "公报": "现予公布。",
}
_CHINESE = "一二三四五六七八九十"


def make_paper(seed: int, kind: str | None = None) -> Paper:
    """The same seed gives the same document."""
    rng = random.Random(f"paper {seed}")
    kind = kind or KINDS[seed % len(KINDS)]
    subject, authority = rng.choice(_SUBJECTS), rng.choice(_AUTHORITIES)
    lines = [
        *_head(rng, kind, authority),
        *_title(rng, kind, subject),
        *_recipient(rng, kind),
        *_text(rng, kind, subject),
        *_end(rng, authority),
    ]
    paper = Paper(kind, lines, rng.choice(WAYS))
    paper.grid = rng.choice(("linesAndChars", "linesAndChars", "snapToChars"))
    paper.cut = rng.choice((0, 0, 7, 3))
    if rng.random() < 0.3:
        _single_lines(paper)
    return paper


def _single_lines(paper: Paper) -> None:
    """Single line spacing, which gives 22 lines per page through the grid."""
    for line in paper.lines:
        if line.role not in {"title", "blank"}:
            line.line, line.rule = 240, "auto"


def _blank() -> Line:
    return Line("blank")


def _head(rng: random.Random, kind: str, authority: str) -> list[Line]:
    if rng.random() < 0.25:
        return []
    number = f"江{rng.choice('府水教')}发〔{rng.randint(2019, 2025)}〕{rng.randint(1, 190)}号"
    if kind in _UPWARD:
        issue = Line("issue", f"{number}　　签发人：张某某", align="left", left=1)
    else:
        issue = Line("issue", number, align="right" if kind == "函" else "center")
    letterhead = Line(
        "red", f"{authority}文件", font=XIAOBIAOSONG, points=40, align="center", line=240,
        rule="auto", colour="FF0000",
    )  # fmt: skip
    rule = Line("letterhead")
    return [letterhead, _blank(), _blank(), issue, rule, _blank(), _blank()]


def _title(rng: random.Random, kind: str, subject: str) -> list[Line]:
    whole = f"关于{subject}的{kind}"
    if kind in {"公告", "通告"} and rng.random() < 0.5:
        whole = kind
    parts = [whole]
    if len(whole) > 14 and rng.random() < 0.4:
        parts = [f"关于{subject}", f"的{kind}"] if rng.random() < 0.5 else [whole]
    return [
        Line("title", part, font=XIAOBIAOSONG, points=22, align="center", line=640)
        for part in parts
    ]


def _recipient(rng: random.Random, kind: str) -> list[Line]:
    if kind in _PUBLIC or (kind == "决定" and rng.random() < 0.5):
        return [_blank()]
    names = rng.choice(_HIGHER if kind in {"请示", "报告", "函", "批复", "议案"} else _RECIPIENTS)
    return [_blank(), Line("recipient", f"{names}：")]


def _text(rng: random.Random, kind: str, subject: str) -> list[Line]:
    opening = f"为{subject}，根据有关规定，现将有关事项说明如下。"
    if kind == "批复":
        opening = f"你单位《关于{subject}的请示》收悉。经研究，同意所报方案。"
    lines = [_paragraph(rng, opening), *rng.choice(_SHAPES)(rng)]
    lines.append(Line("text", _CLOSINGS[kind], first=2))
    return [_spaced(rng, line) for line in lines]


def _spaced(rng: random.Random, line: Line) -> Line:
    """Sometimes replaces an indent of two characters by two full-width spaces, also correct."""
    if line.first == 2 and not line.pieces and rng.random() < 0.15:
        line.first, line.text = 0, f"　　{line.text}"
    return line


def _sentences(rng: random.Random, count: int) -> str:
    return "".join(rng.sample(_SENTENCES, count))


def _paragraph(rng: random.Random, opening: str = "") -> Line:
    return Line("text", opening + _sentences(rng, rng.randint(1, 3)), first=2)


def _flat(rng: random.Random) -> list[Line]:
    return [_paragraph(rng) for _ in range(rng.randint(2, 4))]


def _one_level(rng: random.Random) -> list[Line]:
    lines = []
    for place, words in enumerate(rng.sample(_HEADINGS, rng.randint(3, 5))):
        lines.append(Line("h1", f"{_CHINESE[place]}、{words}", font=HEITI, first=2))
        lines.append(_paragraph(rng))
    return lines


def _two_levels(rng: random.Random) -> list[Line]:
    lines = []
    for place, words in enumerate(rng.sample(_HEADINGS, 3)):
        lines.append(Line("h1", f"{_CHINESE[place]}、{words}", font=HEITI, first=2))
        lines += [_second(rng, at) for at in range(rng.randint(2, 3))]
    return lines


def _second(rng: random.Random, place: int) -> Line:
    """A heading followed by sentences in the same paragraph, in another typeface."""
    heading = f"（{_CHINESE[place]}）{rng.choice(_HEADINGS)}。"
    text = heading + _sentences(rng, 2)
    line = Line("h2", text, first=2)
    line.pieces.append((0, len(heading), {"font": KAITI}))
    return line


def _four_levels(rng: random.Random) -> list[Line]:
    lines = []
    for place, words in enumerate(rng.sample(_HEADINGS, 2)):
        lines.append(Line("h1", f"{_CHINESE[place]}、{words}", font=HEITI, first=2))
        for at in range(2):
            title = f"（{_CHINESE[at]}）{rng.choice(_HEADINGS)}"
            lines.append(Line("h2", title, font=KAITI, first=2))
            for third in range(1, 3):
                lines.append(Line("h3", f"{third}.{rng.choice(_SENTENCES)}", first=2))
                lines += [
                    Line("h4", f"（{fourth}）{rng.choice(_SENTENCES)}", first=2)
                    for fourth in range(1, 3)
                ]
    return lines


_SHAPES: Sequence[Callable[[random.Random], list[Line]]] = (
    _flat, _one_level, _two_levels, _four_levels,
)  # fmt: skip


def _end(rng: random.Random, authority: str) -> list[Line]:
    lines: list[Line] = []
    names = rng.sample(
        ("任务分工表", "实施方案", "联系人名单", "检查记录表"), rng.choice((0, 1, 3))
    )
    if names:
        lines.append(_blank())
    if len(names) == 1:
        lines.append(Line("note", f"附件：{names[0]}", first=2))
    for place, name in enumerate(names if len(names) > 1 else (), start=1):
        text = f"附件：{place}.{name}" if place == 1 else f"{place}.{name}"
        lines.append(Line("note", text, first=2 if place == 1 else 5))
    day = f"{rng.randint(2019, 2025)}年{rng.randint(1, 12)}月{rng.randint(1, 28)}日"
    lines += [_blank(), _blank()]
    if rng.random() < 0.2:
        lines += [Line("sign", authority, left=17), Line("date", day, left=18)]
    else:
        lines += [Line("sign", authority, align="right", right=4)]
        lines += [Line("date", day, align="right", right=4)]
    if rng.random() < 0.4:
        lines.append(Line("remark", "（此件公开发布）", first=2))
    for place in range(len(names)):
        number = f"{place + 1}" if len(names) > 1 else ""
        lines += [Line("head", f"附件{number}", font=HEITI), Line("sheet", "表格另附")]
    if rng.random() < 0.5:
        office = f"{authority.removesuffix('办公室')}办公室　　{day}印发"
        lines += [
            Line("copies", "抄送：市委各部门，市人大常委会办公室。", points=14, left=1, right=1)
        ]
        lines += [Line("printed", office, points=14, left=1, right=1)]
    return lines
