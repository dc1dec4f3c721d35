"""Words that are always wrong: confusions, repetitions, and 的 for 得 or 地 in fixed phrases.

The list is short on purpose: it only has forms without a correct reading. Lookarounds exclude
adjacent words that together look like a wrong form.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from documents.document import Document
from tasks.proofread.findings import Finding, Rule

# The wrong form as a regular expression, and the right one.
CONFUSIONS: dict[str, str] = {
    "(?<!发)(?<!公)布署(?!名)": "部署",
    "既使(?![用得其人命])(?![^。；！？\\n]{0,60}又)": "即使",
    "按排(?![名序列放污队班水量气])": "安排",
    "(?<!过)渡假(?!设)": "度假",
    "松驰": "松弛",
    "迫不急待": "迫不及待",
    "再接再励": "再接再厉",
    "一如继往": "一如既往",
    "不径而走": "不胫而走",
    "粗旷": "粗犷",
    "通辑": "通缉",
    "追朔": "追溯",
    "震憾": "震撼",
    "防碍": "妨碍",
    "幅射(?!击)": "辐射",
    "脉博(?![物士大览])": "脉搏",
    "沉缅(?!甸)": "沉湎",
    "严历": "严厉",
    "贯切": "贯彻",
    "惯彻": "贯彻",
    "即然(?!后)": "既然",
    "(?<![自知异克律利体一])己经(?![验营历典])": "已经",
    "在次(?=强调|提出|要求|召开|发生|组织|申请|审核|提交)": "再次",
    "以经(?=完成|建成|成为|开始)": "已经",
    "截止(?=目前|今年|去年|本月|上月|\\d{4}年)": "截至",
    "必需(?=坚持|遵守|按照|加强|严格|认真|依法|经过)": "必须",
    "(?<=招聘)启示": "启事",
    "(?<=招领)启示": "启事",
    "国家权利机关": "国家权力机关",
    "最高权利机关": "最高权力机关",
    "甘败下风": "甘拜下风",
    "谈笑风声": "谈笑风生",
    "声名雀起": "声名鹊起",
    "默守成规": "墨守成规",
    "穿流不息": "川流不息",
    "一愁莫展": "一筹莫展",
    "出奇不意": "出其不意",
    "草管人命": "草菅人命",
    "金榜提名": "金榜题名",
    "破斧沉舟": "破釜沉舟",
    "名信片": "明信片",
    "针贬": "针砭",
    "痉孪": "痉挛",
    "寒喧": "寒暄",
    "水笼头": "水龙头",
    "不加思索": "不假思索",
    "竭泽而鱼": "竭泽而渔",
    "焕然一心": "焕然一新",
    "因地治宜": "因地制宜",
    "实事求事": "实事求是",
    "群策群利": "群策群力",
    "相形见拙": "相形见绌",
    "优柔寡段": "优柔寡断",
    "滥芋充数": "滥竽充数",
    "走头无路": "走投无路",
    "莫不关心": "漠不关心",
    "责无旁代": "责无旁贷",
    "义不容词": "义不容辞",
    "统畴": "统筹",
    "缴讷": "缴纳",
    "(?<![选提])拔款": "拨款",
    "拔付": "拨付",
    "划拔": "划拨",
    "调拔": "调拨",
    "撒消": "撤销",
    "法津(?!贴)": "法律",
    "法侓": "法律",
    "人民政俯": "人民政府",
}
# Most forms are in no text: a plain search for their characters is faster than the pattern.
_CORES = {wrong: re.sub(r"\(\?[^()]*\)", "", wrong) for wrong in CONFUSIONS}

_PARTICLES: dict[str, str] = {
    "值的(?=注意|肯定|重视|关注|推广|提倡|学习|一提)": "值得",
    "(?<=[取获])的(?=了|显著成|明显成|重大成|积极进展|重要进展)": "得",
    "不的(?=少于|超过|擅自|收取|拒绝|泄露|违反|损害|转让|低于|高于|以任何)": "不得",
    "(?<=使)的(?=该|其|我们|全市|全县|全省|工作得以)": "得",
    "(?<=认真|积极|切实|扎实|全面|深入|及时|坚决|主动)的(?=[做抓搞办管用]好|落实好)": "地",
}
_LETTER = "\u4e00-\u9fff"
_DOUBLED_WORD = re.compile(rf"([{_LETTER}]{{2,8}})\1")
_NUMERAL = re.compile(r"[〇零一二三四五六七八九十百千万]+")
# Two-character words that are repeated on purpose: verbs, adjectives and counting.
_DOUBLES = re.compile(
    "一|研究|讨论|商量|考虑|调查|打听|观察|比较|休息|锻炼|某|几|许多|多少|很|非常|十分|永远|世世|代代"
)
_DOUBLED_LETTER = re.compile("(?<![目标有之])的的(?!确)|是是(?![非否])")
_DOUBLED_ENGLISH = re.compile(r"\b(the|of|and|to|a|in|for|with)(\s+)\1\b", re.IGNORECASE)


def confusions(document: Document) -> Iterator[Finding]:
    for wrong, right in CONFUSIONS.items():
        if _CORES[wrong] in document.text:
            for match in re.finditer(wrong, document.text):
                reason = f"{match.group()} should be {right}."
                yield Finding(match.start(), match.group(), right, Rule.confusion, reason)


def particles(document: Document) -> Iterator[Finding]:
    for wrong, right in _PARTICLES.items():
        for match in re.finditer(wrong, document.text):
            reason = f"Here 的 should be {right[-1]}."
            yield Finding(match.start(), match.group(), right, Rule.particle, reason)


def doubled_words(document: Document) -> Iterator[Finding]:
    """Finds repeated words. Two characters may be two words (机关 and 机关事务): only a remark."""
    text = document.text
    for match in _DOUBLED_WORD.finditer(text):
        word = match.group(1)
        sure = len(word) > 2
        meant = _NUMERAL.fullmatch(word) or (not sure and _DOUBLES.match(word))
        if len(set(word)) > 1 and not meant:
            yield _doubled(match.start() + len(word), word, "" if sure else None)
    for match in _DOUBLED_LETTER.finditer(text):
        yield _doubled(match.start() + 1, match.group()[1:], "")
    for match in _DOUBLED_ENGLISH.finditer(text):
        start = match.end(1)
        yield _doubled(start, text[start : match.end()], "")


def _doubled(start: int, words: str, new: str | None) -> Finding:
    reason = f"{words.strip()} is repeated."
    return Finding(start, words, new, Rule.doubled_word, reason)
