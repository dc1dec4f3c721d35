"""`redact` and secrecy markings: identifiers inserted into law text, and marked documents."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from bench.quality.identifiers import DECOYS, VALID, disguised
from bench.quality.measure import Measure
from tasks.redact.finder import RULES, Finder, Targets
from tasks.redact.kinds import Detection, Kind
from tasks.secrecy.markings import marking_of

SEED = 20_260_101
EACH = 200
_LAW = Path(__file__).parents[2] / "tests" / "samples" / "档案法(2020-06-20).md"
MARKINGS = (
    "机密★1年\n特急\n\n某市人民政府文件\n",
    "000001\n机 密★长期\n某局文件",
    "绝密★启封前\n通知",
    "秘密\n\n关于开展检查的通知",
    "000012 秘密★5年 特急\n关于",
    "密级：机密\n关于检查",
    "【绝密】\n内容",
    "秘密  10年\n标题",
    "某局文件　机密★2030年12月31日前",
    "機密★\n通知",
    "密级：绝密□ ☑机密 □秘密\n",
    "编号：001  密级：机密  份数：3",
    "（机密）\n正文",
    "机密件\n正文",
    "内部资料 绝密★10年",
    "秘密★三年\n纪要",
    "密级：绝密□ 机密□ 秘密☑\n关于",
    "密级：绝密（ ）机密（√）秘密（ ）\n关于",
    "**机密★1年**\n\n# 关于",
    "**密级：** 机密\n\n# 关于",
    "秘密*1年\n关于",
    "秘密⭐1年\n关于",
    "【机密】关于开展检查的通知\n各区：",
    "【机密★1年】关于开展检查的通知\n各区：",
    "秘密（保密期限1年）\n关于",
)
UNMARKED = (
    "特急\n关于",
    "国家秘密的密级分为绝密、机密、秘密三级。",
    "关于商业秘密保护的通知\n商业秘密",
    "密级：公开",
    "密级：□绝密 □机密 □秘密",
    "国家秘密标志形式为“密级★保密期限”，如“机密★10年”。",
    "工作秘密\n",
    "密级分为\n绝密\n机密\n秘密\n三级",
    "标注为秘密★5年的文件应当登记",
    "涉密文件（机密级）的管理",
    "绝密飞行\n电影",
    "核心商密★长期",
    "普通商密★3年",
    "密级：绝密/机密/秘密",
    "保守秘密，慎之又慎\n",
    "密级：绝密（ ）机密（ ）秘密（ ）",
    "国家秘密标志形式为**机密★10年**，标在左上角。",
    "应当保守*秘密*3年，**秘密**5年内不得公开。",
    "【机密】级文件管理办法\n第一条",
    "【秘密】花园\n小说",
    "秘密（保密期限1年）的文件应当登记。",
    "- **绝密**\n- **机密**\n- **秘密**",
)


def measures() -> Iterable[Measure]:
    yield from _recall()
    yield from _precision()
    yield from _secrecy()


def law_sentences() -> Sequence[str]:
    """Sentences of a law, as context for the identifiers."""
    text = _LAW.read_text(encoding="utf-8")
    return [one for one in re.split(r"(?<=[。；])\s*", text) if 10 < len(one) < 120]


def _recall() -> Iterator[Measure]:
    rng, sentences = random.Random(SEED), law_sentences()
    for name, (kind, make) in VALID.items():
        for way in ("", " disguised"):
            numbers = [make(rng) for _ in range(EACH)]
            written = [disguised(number, rng) if way else number for number in numbers]
            found = sum(_is_found(kind, one, rng.choice(sentences), rng) for one in written)
            yield Measure("redact", f"recall: {name}{way}", EACH, found / EACH, 1.0)


def _is_found(kind: Kind, number: str, sentence: str, rng: random.Random) -> bool:
    cut = rng.choice([at for at, char in enumerate(sentence) if char in "，、。；"]) + 1
    text = f"{sentence[:cut]}{number}{sentence[cut:]}"
    found = _find(text)
    return any(
        one.kind is kind and one.start <= cut and one.end >= cut + len(number) for one in found
    )


def _precision() -> Iterator[Measure]:
    rng, sentences = random.Random(SEED + 1), law_sentences()
    right = wrong = 0
    for _, make in VALID.values():
        right += sum(bool(_find(f"，{make(rng)}，")) for _ in range(EACH))
    for name, decoy in DECOYS.items():
        hits = 0
        for _ in range(EACH):
            sentence = rng.choice(sentences)
            hits += bool(_find(f"{sentence}{decoy(rng)}，{sentence}"))
        wrong += hits
        yield Measure("redact", f"not reported: {name}", EACH, 1 - hits / EACH)
    sample = right + wrong
    yield Measure("redact", "precision with as many decoys", sample, right / sample, 0.99)
    laws = _find(_LAW.read_text(encoding="utf-8"))
    yield Measure("redact", "findings in a law", len(sentences), len(laws), 0, lower_is_better=True)


def _find(text: str) -> list[Detection]:
    return _FINDER.find(text)


_FINDER = Finder(Targets(frozenset(RULES)))


def _secrecy() -> Iterator[Measure]:
    sentences = "\n".join(law_sentences())
    found = sum(marking_of(one + sentences) is not None for one in MARKINGS)
    yield Measure("secrecy", "markings found", len(MARKINGS), found / len(MARKINGS), 1.0)
    clean = [*UNMARKED, *_laws()]
    wrong = sum(marking_of(one) is not None for one in clean)
    yield Measure("secrecy", "texts wrongly marked", len(clean), wrong, 0, lower_is_better=True)


def _laws() -> Iterator[str]:
    for path in sorted(_LAW.parent.glob("*法*.md")):
        yield path.read_text(encoding="utf-8")
