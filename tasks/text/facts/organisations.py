"""Finds organisations by the endings of their names, and checks whether a source names them.

No rule can tell where a Chinese name begins (呼和浩特, 人力资源和社会保障局). So the longest suffix
that the source contains is taken as the name, if it follows punctuation or a word that is not part
of names. Not detected: names without a known ending, and names that a model shortens at the front
(财政局 for 市财政局).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tasks.text.facts.fact import Fact, FactKind
from tasks.text.facts.name_starts import possible_starts
from tasks.text.plain import HAN, plain

# Endings that name a type of organisation, not a specific one.
_GENERIC_WORDS = (
    "人民政府 政府 委员会 常委会 办公室 办公厅 办事处 管理处 秘书处 联络处 管委会 居委会 "
    "村委会 理事会 董事会 监事会 领导小组 工作组 工作专班 指挥部 宣传部 组织部 统战部 武装部 "
    "人民法院 法院 检察院 党组 协会 学会 研究会 联合会 工会 商会 基金会 人民代表大会 "
    "人大常委会 人大 有限公司 公司 企业集团 集团 银行 信用社 供销社 合作社 出版社 通讯社 报社 "
    "电视台 大学 学院 中学 小学 幼儿园 医院 卫生院 研究院 科学院 设计院 福利院 敬老院 研究所 "
    "派出所 事务所 司法所 税务所 看守所 支队 大队 总队 中队 服务站 工作站 监测站 管理站 "
    "图书馆 博物馆 档案馆 文化馆 大使馆 领事馆 海关 总署 中心 街道办 局 厅 市委 省委 区委 "
    "县委 纪委 监委 党委 政协 妇联"
)
_GENERIC = _GENERIC_WORDS.split(" ")
# Complete names.
_NAME_WORDS = (
    "财政部 教育部 公安部 外交部 国防部 商务部 司法部 民政部 水利部 科学技术部 科技部 "
    "交通运输部 农业农村部 生态环境部 自然资源部 应急管理部 退役军人事务部 社会保障部 人社部 "
    "住房和城乡建设部 住建部 文化和旅游部 工业和信息化部 工信部 国务院 卫健委 国资委 发改委 "
    "发展改革委 住建委 政法委 编委 军委 审计署 红十字会"
)
_NAMES = _NAME_WORDS.split(" ")
_ENDING_WORDS = "|".join(sorted([*_GENERIC, *_NAMES], key=len, reverse=True))
_NOT = re.compile(
    r"(?:格|布|大|(?<!安)全|结|时|当|(?<![财民邮市行])政|僵|开|残|定|棋|战|破|乱|变|终|平|骗|饭|败|危)局$"
    r"|(?:大|客|餐|展|舞|歌|门|前|音乐|服务|办事)厅$|(?:为|市|镇|县|区域|在)中心$"
    r"|(?:我|你|贵|本|该|各|此|其|两|哪|何|某|有关)(?:局|厅)$"
)
_FOLLOWED = re.compile(
    r"(?<=局)[面势限域]|(?<=中心)(?:工作|任务|城区|城市|地带|思想|环节|问题|内容)|法(?![院官])"
)
_ENDING = re.compile(f"(?:{_ENDING_WORDS})")
_LONGEST = 28
_PLACE = re.compile("[省市县区镇乡州](?![民场容级])")
# Long and short forms; both are compared in the short form.
_SHORT = (
    ("人民政府", "政府"),
    ("人民法院", "法院"),
    ("人民检察院", "检察院"),
    ("发展和改革委员会", "发改委"),
    ("发展改革委员会", "发改委"),
    ("发展改革委", "发改委"),
    ("发展和改革局", "发改局"),
    ("人力资源和社会保障", "人社"),
    ("人力资源社会保障", "人社"),
    ("住房和城乡建设", "住建"),
    ("住房城乡建设", "住建"),
    ("卫生健康委员会", "卫健委"),
    ("卫生健康", "卫健"),
    ("市场监督管理", "市场监管"),
    ("工业和信息化", "工信"),
    ("国有资产监督管理委员会", "国资委"),
    ("纪律检查委员会", "纪委"),
    ("监察委员会", "监委"),
    ("常务委员会", "常委会"),
    ("人民代表大会", "人大"),
    ("管理委员会", "管委会"),
    ("中华人民共和国", ""),
)
_LEAST_NAME = 3
_NO_HAN = re.compile(f"[^{HAN}0-9]")
_LONGEST_BEFORE = 8
_IN_A_NAME = re.compile(f"(?![省市区县州盟旗镇乡村国])[{HAN}]$")

_ENGLISH_ENDING = (
    "Bureau|Committee|Commission|Council|Office|Department|Ministry|Agency|Authority|Company|Ltd|"
    "Inc|Corporation|University|Bank|Association|Institute|Court|Government|Administration|"
    "Hospital|School|Centre|Center|Academy|Federation|Foundation|Group"
)
_JOINT = r"(?:\s+(?:of|for|and|on)(?:\s+the)?\s+|\s+)"
_CAPITAL = r"[A-Z][\w'’&-]{0,40}"
_ENGLISH = re.compile(
    rf"\b(?:{_CAPITAL}{_JOINT}){{0,12}}(?:{_ENGLISH_ENDING})\b"
    rf"(?:\s+(?:of|for|on)\s+(?:the\s+)?{_CAPITAL}(?:\s+(?:and\s+)?{_CAPITAL}){{0,12}})?"
)
_LEADING = re.compile(
    r"^(?:(?:The|Our|Your|This|That|A|An|In|At|To|By|From|For|Of|On|And|All|Each|Every|Any|No|"
    r"Please|Ask|Tell|When|If|Since|According|Local|Write|Dear|Under|With)\s+)+(?:the\s+)?"
)


def organisations(text: str) -> list[Fact]:
    """Returns the organisations in a plain text.

    The value of a Chinese one also has the text before it in the clause: `OrganisationIndex`
    finds the name in it.
    """
    return sorted([*_chinese(text), *_english(text)], key=lambda fact: fact.start)


def _chinese(text: str) -> Iterator[Fact]:
    begin = 0
    for match in _ENDING.finditer(text):
        if _FOLLOWED.match(text, match.end()):
            continue
        start = max(begin, match.start() - _LONGEST)
        run = re.search(rf"(?<![{HAN}0-9])[{HAN}0-9]*+$", text[start : match.start()])
        start = match.start() - len(run.group() if run else "")
        stretch = text[start : match.end()]
        if _NOT.search(stretch) or stretch in _GENERIC:
            continue
        yield Fact(FactKind.organisation, start, match.end(), frozenset({stretch}))
        begin = match.end()


def _english(text: str) -> Iterator[Fact]:
    for match in _ENGLISH.finditer(text):
        lead = _LEADING.match(match.group())
        name = match.group()[lead.end() if lead else 0 :]
        if " " in name:
            start = match.end() - len(name)
            yield Fact(FactKind.organisation, start, match.end(), frozenset({name}))


class OrganisationIndex:
    """The organisations named in a number of texts."""

    def __init__(self, *texts: str) -> None:
        self._text = _key("\x00".join(texts))

    def unknown(self, fact: Fact) -> tuple[int, int] | None:
        """Returns the offsets of a name that no text contains; None if a text has it."""
        stretch = min(fact.values)
        if _key(stretch) in self._text:
            return None
        if not re.search(f"[{HAN}]", stretch):
            return fact.start, fact.end
        for at in sorted(possible_starts(stretch, _ENDING)):
            name = stretch[at:]
            if name in _GENERIC and not _PLACE.search(stretch[:at]):
                return None
            if len(name) >= _LEAST_NAME and self._names(name):
                return None
        return fact.start + _begin(stretch), fact.end

    def _names(self, name: str) -> bool:
        """Whether the texts contain the name with its beginning at a possible start of a name."""
        key = _key(name)
        at = self._text.find(key)
        while at >= 0:
            before = _NO_HAN.split(self._text[max(0, at - _LONGEST_BEFORE) : at])[-1]
            if name in _NAMES or not _IN_A_NAME.search(before):
                return True
            if len(before) in possible_starts(before + key, _ENDING):
                return True
            at = self._text.find(key, at + 1)
        return False


def name_start(fact: Fact) -> int:
    """Returns the probable offset where the name of a fact begins."""
    return fact.start + _begin(min(fact.values))


def _begin(stretch: str) -> int:
    """Returns the probable beginning of an unknown name: the last possible one."""
    places = [at for at in possible_starts(stretch, _ENDING) if len(stretch) - at >= _LEAST_NAME]
    return max((at for at in places if stretch[at:] not in _GENERIC), default=0)


def _key(text: str) -> str:
    key = re.sub(r"\s+", " ", plain(text))
    key = re.sub(rf"(?<=[{HAN}]) (?=[{HAN}])", "", key).casefold()
    for long, short in _SHORT:
        key = key.replace(long, short)
    return key
