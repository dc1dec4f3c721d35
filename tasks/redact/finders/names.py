"""Names after a label, and words that may be names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice, pairwise

from tasks.redact.finders.search import matches
from tasks.redact.kinds import Detection, Kind
from tasks.text.plain import HAN, plain
from tasks.text.segmentation import PERSON, Word, words_of

_COMPOUND = (
    "欧阳太史端木上官司马东方独孤南宫万俟闻人夏侯诸葛尉迟公羊赫连澹台皇甫宗政濮阳公冶太叔申屠公孙慕容仲孙钟离长孙宇文司徒鲜于"
    "司空闾丘令狐百里呼延东郭南门西门"
)
COMPOUND_SURNAMES = frozenset(_COMPOUND[at : at + 2] for at in range(0, len(_COMPOUND), 2))
_SURNAMES = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方"
    "俞任袁柳酆鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵湛汪祁毛禹狄米贝明"
    "臧计伏成戴谈宋茅庞熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯昝管卢"
    "莫经房裘缪干解应宗丁宣贲邓郁单杭洪包诸左石崔吉钮龚程嵇邢滑裴陆荣翁荀羊於惠甄曲家封芮羿储靳汲邴糜松井段富巫乌焦巴"
    "弓牧隗山谷车侯宓蓬全郗班仰秋仲伊宫宁仇栾暴甘钭厉戎祖武符刘景詹束龙叶幸司韶郜黎蓟薄印宿白怀蒲邰从鄂索咸籍赖卓蔺屠"
    "蒙池乔阴郁胥能苍双闻莘党翟谭贡劳逄姬申扶堵冉宰郦雍璩桑桂濮牛寿通边扈燕冀郏浦尚农温别庄晏柴瞿阎充慕连茹习宦艾鱼容"
    "向古易慎戈廖庾终暨居衡步都耿满弘匡国文寇广禄阙东殴殳沃利蔚越夔隆师巩厍聂晁勾敖融冷訾辛阚那简饶空曾毋沙乜养鞠须丰"
    "巢关蒯相查后荆红游竺权逯盖益桓公肖闫付覃侯涂岳帅亓仝代贠佘佟苟粟占邸"
)
# Characters of names that are outside of `HAN` or that no list of surnames has: 〇, the blocks
# beyond the BMP, and the private use areas, which GBK fonts use for rare characters.
_RARE = r"\u3007\ue000-\uf8ff\U00020000-\U0003ffff\U000f0000-\U0010fffd"
_CHAR = rf"[{HAN}{_RARE}]"
_LABELS = (
    r"姓[ ]{0,4}名|申请人|被申请人|联系人|当事人|法定代表人|法人代表|被处罚人|处罚相对人|户主|"
    r"户名|监护人|投诉人|举报人|信访人|经办人|负责人|来电人|诉求人|受害人|患者|家长|收件人|签收人|"
    r"证人|原告人?|被告人?|嫌疑人|代理人|承租人|出租人|报案人|被害人"
)
_LABEL = rf"(?:{_LABELS})"
# Two characters, because many words of ordinary text begin with the same one.
_LABEL_BEGIN = re.compile(
    "|".join(
        dict.fromkeys(
            rf"{label[0]}(?=[ {label[1]}])" for label in _LABELS.replace("[ ]{0,4}", "").split("|")
        )
    )
)
# Column headings that begin with a surname.
_NO_NAME = (
    r"(?:单位|单价|单号|时间|时段|时长|成绩|成员|车牌号?|车号|车型|家庭|家属|家长|国籍|籍贯|居住地?|计划|项目|"
    r"项次|金额|方式|房号|房屋|通讯|平均|全称|安排|文化|文号|简历|简介|简称|容量|经办人?|经费|经历|干部|班级|班次|"
    r"荣誉|曾用名|关系|相片|查询|印章|司机|任务|任职|常住地?|支部|支行|农户|宗教|党派|党员|余额|明细|费用|路线|"
    r"别名|满意度?|相关|公司|水号|终审|平台|应聘|管理)"
)
_LABELLED = re.compile(
    rf"(?:{_LABEL}(?:姓名)?[ ]?[:\t][ \t]{{0,4}}|"
    rf"(?:{_LABEL}|(?<![{HAN}]))姓[ ]{{0,4}}名[ ]{{1,4}}(?![和及与或][ ]))"
    rf"(?!{_NO_NAME}(?![{HAN}]))"
    rf"(?P<name>(?:{'|'.join(sorted(COMPOUND_SURNAMES))}|[{_SURNAMES}{_RARE}])"
    rf"[ ]{{0,2}}{_CHAR}(?:{_CHAR}|[ ]{{1,2}}(?![男女]){_CHAR})?"
    rf"|{_CHAR}{{1,12}}(?:[·•・‧]{_CHAR}{{1,12}}){{1,4}})"
    rf"(?!{_CHAR})"
)


# 联系人常某某反映: a label without a mark after it.
_UNMARKED_LABEL = re.compile(rf"{_LABEL}[ ]?(?=[{_SURNAMES}{HAN}])")
_SURNAME = rf"(?:{'|'.join(sorted(COMPOUND_SURNAMES))}|[{_SURNAMES}])"
_BEGINS_WITH_SURNAME = re.compile(_SURNAME)
_HIDDEN_NAME = re.compile(rf"{_SURNAME}(?:某{{1,3}}|[xX×*＊]{{1,3}})")
_DOTTED = re.compile(rf"(?<!{_CHAR}){_CHAR}{{2,8}}(?:[·•・‧]{_CHAR}{{2,8}}){{1,4}}(?!{_CHAR})")
_AFTER_LABEL = 12
# Words of these kinds can be given names after a surname on its own.
_GIVEN = frozenset(("n", "nr", "ns", "nz", "ng", "a", "an", "b", "j", "t", "z", "x"))
# Words that begin with a surname and that jieba takes for names.
_NOT_NAME = re.compile(
    "陈述|许可证|公正|盖章|索引|查明|边远|文明|弘扬|安全性|安全观|韩文|解密|明细|高新|常委|常务|万元|严禁|严格|"
    "于是|何况|单独|古籍|周边|周期|成套|方案|易燃|显著|路段|金额|雷雨|顾客|黄金|余款|白酒"
)
_LABEL_WORD = re.compile(rf"{_LABEL}")


def labelled_names(text: str) -> Iterator[Detection]:
    """Finds names of two to four characters, or with a dot, after a label such as `姓名:`.

    After a label without a mark (联系人常某某反映) a name ends where the next word begins.
    """
    for match in matches(_LABEL_BEGIN, _LABELLED, text):
        yield Detection(Kind.name, *match.span("name"))
    for match in matches(_LABEL_BEGIN, _UNMARKED_LABEL, text):
        end = _end_of_name(text, match.end())
        if end:
            yield Detection(Kind.name, match.end(), end)


def _end_of_name(text: str, start: int) -> int:
    """The end of the name at `start`, after a label; 0 if there is none."""
    hidden = _HIDDEN_NAME.match(text, start)
    if hidden is not None:
        return hidden.end()
    if _BEGINS_WITH_SURNAME.match(text, start) is None:
        return 0
    end = _end_of_words(list(islice(words_of(text[start : start + _AFTER_LABEL]), 2)))
    return start + end if end else 0


def _end_of_words(words: Sequence[Word]) -> int:
    """The end of a name that is the first word or, after a surname on its own, the first two."""
    first = words[0]
    if _is_name(first):
        return first.end
    is_surname = _BEGINS_WITH_SURNAME.fullmatch(first.text) is not None
    return words[1].end if is_surname and len(words) > 1 and _is_given(words[1]) else 0


def _is_surname(word: Word) -> bool:
    """Whether a word on its own is probably a surname; many are also ordinary words."""
    return word.text in COMPOUND_SURNAMES or (
        word.tag == PERSON and _BEGINS_WITH_SURNAME.fullmatch(word.text) is not None
    )


def _is_given(word: Word) -> bool:
    return (
        len(word.text) <= 2
        and word.tag in _GIVEN
        and re.fullmatch(f"{_CHAR}+", word.text) is not None
    )


def _is_name(word: Word) -> bool:
    longest = 4 if word.text[:2] in COMPOUND_SURNAMES else 3
    return (
        word.tag == PERSON
        and 2 <= len(word.text) <= longest
        and _BEGINS_WITH_SURNAME.match(word.text) is not None
        and _NOT_NAME.fullmatch(word.text) is None
        and _LABEL_WORD.fullmatch(word.text) is None
    )


def possible_names(text: str) -> Iterator[tuple[int, int]]:
    """Yields the spans of words that may be names, without overlaps, in order."""
    searched = plain(text)
    spans = [match.span() for match in _HIDDEN_NAME.finditer(searched)]
    words = list(words_of(searched))
    dotted = list(_DOTTED.finditer(searched))
    ends = {word.start: word.end for word in words} if dotted else {}
    for match in dotted:
        # The pattern ends at a mark; the name ends with the word after its last dot.
        last = match.start() + max(map(match[0].rfind, "·•・‧")) + 1
        spans.append((match.start(), ends.get(last, match.end())))
    spans += [(word.start, word.end) for word in words if _is_name(word)]
    spans += [
        (first.start, second.end)
        for first, second in pairwise(words)
        if _is_surname(first) and _is_given(second)
    ]
    done = 0
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if start >= done:
            yield start, end
            done = end
