"""`proofread`: no finding in correct law text, and seeded errors are found.

The Markdown of the sample laws has five errors: four half-width colons and an unpaired bracket.
They are counted in the first figure, and corrected for all others.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable

from bench.quality.laws import laws, of_text
from bench.quality.measure import Measure
from documents.document import Document
from tasks.proofread import find_mistakes
from tasks.proofread.findings import Finding, Rule
from tasks.proofread.words import CONFUSIONS
from tasks.text.edits import apply_edits

OF_EACH = 40
NEAR = 2
# Frequent characters, for errors that are on no list.
_FREQUENT = (
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子"
)
_WORD = re.compile("[\u4e00-\u9fff]{3,5}(?=[，。；、])")

Seeded = tuple[str, int]
"""A text with an error, and the position of the error."""


def correct_texts() -> list[str]:
    """The texts of the laws without the errors of their Markdown."""
    texts = []
    for document in laws().values():
        text = document.text.replace("第二次修订）\n", "第二次修订\n")
        edits = [
            one for one in find_mistakes(of_text(text)).findings if one.rule is Rule.half_width_mark
        ]
        texts.append(_applied(text, edits))
    return texts


def _applied(text: str, findings: list[Finding]) -> str:
    for finding in reversed(findings):
        text = text[: finding.start] + (finding.new or "") + text[finding.end :]
    return text


def confusion(text: str, draw: random.Random) -> Seeded:
    wrong = re.sub(r"\(\?[^()]*\)", "", draw.choice(list(CONFUSIONS)))
    given = {
        "截止": "截止目前",
        "必需": "必需遵守",
        "在次": "在次强调",
        "以经": "以经完成",
        "启示": "招聘启示",
    }
    return _insert(text, draw, f"各单位应当注意{given.get(wrong, wrong)}。", wrong)


def particle(text: str, draw: random.Random) -> Seeded:
    phrases = ["认真的做好", "值的注意", "不的少于", "取的了", "积极的抓好"]
    return _insert(text, draw, f"有关部门{draw.choice(phrases)}这项工作。", "的")


def doubled_word(text: str, draw: random.Random) -> Seeded:
    match = draw.choice(list(_WORD.finditer(text)))
    return text[: match.end()] + match.group() + text[match.end() :], match.end()


def doubled_mark(text: str, draw: random.Random) -> Seeded:
    at = draw.choice([match.start() for match in re.finditer("[，、；。]", text)])
    return text[:at] + draw.choice("，、；") + text[at:], at


def half_width_mark(text: str, draw: random.Random) -> Seeded:
    places = re.finditer("(?<=[\u4e00-\u9fff])[，；：](?=[\u4e00-\u9fff\n])", text)
    at = draw.choice([match.start() for match in places])
    return text[:at] + {"，": ",", "；": ";", "：": ":"}[text[at]] + text[at + 1 :], at


def unpaired_mark(text: str, draw: random.Random) -> Seeded:
    """Removes one mark of a pair; the position is that of the other one."""
    pairs = [match.span() for match in re.finditer("（[^（）]{2,}）|《[^《》]*》|“[^“”]*”", text)]
    start, end = draw.choice(pairs)
    if draw.random() < 0.5:
        return text[:start] + text[start + 1 :], end - 2
    return text[: end - 1] + text[end:], start


def numbering(text: str, draw: random.Random) -> Seeded:
    labels = list(
        re.finditer(
            r"^(?:第([一二三四五六七八九十]+)条|（([二三四五六七八九])）)", text, re.MULTILINE
        )
    )
    place = draw.choice(labels[1:])
    wrong = place.group().replace(place.group(1) or place.group(2), "九十九")
    return text[: place.start()] + wrong + text[place.end() :], place.start() + 1


def impossible_date(text: str, draw: random.Random) -> Seeded:
    match = draw.choice(list(re.finditer(r"\d+月\d+日", text)))
    wrong = draw.choice(["2月30日", "4月31日", "13月1日", "6月32日", "11月31日"])
    return text[: match.start()] + wrong + text[match.end() :], match.start()


def agency_name(text: str, draw: random.Random) -> Seeded:
    names = list(re.finditer("国家保密行政管理部门|档案主管部门", text))
    if not names:
        return agency_name(correct_texts()[0], draw)
    match, at = draw.choice(names), draw.randrange(3, 5)
    name = match.group()
    wrong = draw.choice(
        [name[:at] + name[at + 1 :], name[:at] + name[at + 1] + name[at] + name[at + 2 :]]
    )
    return text[: match.start()] + wrong + text[match.end() :], match.start()


def any_character(text: str, draw: random.Random) -> Seeded:
    at = draw.choice([match.start() for match in re.finditer("[\u4e00-\u9fff]", text)])
    return text[:at] + draw.choice(_FREQUENT.replace(text[at], "")) + text[at + 1 :], at


SEEDS: dict[str, Callable[[str, random.Random], Seeded]] = {
    "a listed confusion": confusion,
    "的 for 得 or 地, listed": particle,
    "a word of 3 to 5 characters repeated": doubled_word,
    "a repeated punctuation mark": doubled_mark,
    "a half-width mark": half_width_mark,
    "an unpaired bracket, quotation or title mark": unpaired_mark,
    "a wrong article or item number": numbering,
    "an impossible date": impossible_date,
    "a misspelt agency name": agency_name,
}


def is_found(text: str, place: int) -> bool:
    return any(
        one.start - NEAR <= place <= one.end + NEAR for one in find_mistakes(of_text(text)).findings
    )


def _insert(text: str, draw: random.Random, sentence: str, wrong: str) -> Seeded:
    at = draw.choice([match.end() for match in re.finditer("。\n", text)])
    return f"{text[:at]}\n{sentence}\n{text[at:]}", at + 1 + sentence.index(wrong)


def replays(document: Document) -> bool:
    """Whether `apply_edits` gives the same text as applying the findings one by one."""
    edits = [one for one in find_mistakes(document).findings if one.new is not None]
    expected = _applied(document.text, edits)
    return apply_edits(document.text, [_Edit(one) for one in edits]) == expected


class _Edit:
    def __init__(self, finding: Finding) -> None:
        self.start, self.old, self.new = finding.start, finding.old, finding.new or ""


def measures() -> Iterable[Measure]:
    documents = list(laws().values())
    chars = sum(len(document.text) for document in documents)
    per = 10_000 / chars
    edits = sum(one.new is not None for d in documents for one in find_mistakes(d).findings)
    unit = "per 10,000 characters"
    yield Measure(
        "proofread",
        "edits in law text (all are errors of its Markdown)",
        chars,
        edits * per,
        unit=unit,
        lower_is_better=True,
    )
    texts = correct_texts()
    findings = sum(len(find_mistakes(of_text(text)).findings) for text in texts)
    yield Measure(
        "proofread",
        "edits and remarks in law text without those errors",
        chars,
        findings * per,
        0.0,
        unit=unit,
        lower_is_better=True,
    )
    draw, exact, seeded = random.Random(11), 0, 0
    for name, seed in SEEDS.items():
        found = 0
        for _ in range(OF_EACH):
            text, place = seed(draw.choice(texts), draw)
            found += is_found(text, place)
            exact += replays(of_text(text))
            seeded += 1
        yield Measure("proofread", f"found: {name}", OF_EACH, found / OF_EACH, 1.0)
    found = sum(is_found(*any_character(draw.choice(texts), draw)) for _ in range(OF_EACH))
    yield Measure(
        "proofread", "found: any wrong character (needs a model)", OF_EACH, found / OF_EACH
    )
    yield Measure("proofread", "edits replay exactly", seeded, exact / seeded, 1.0)
