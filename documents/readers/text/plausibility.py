"""How much a text looks like one that people write, judged by its characters."""

from __future__ import annotations

import re
import string
from functools import cache

SAMPLE = 20_000
LIKELY = 0.6

_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_PRINTABLE = frozenset(string.printable)
_KANA = re.compile(r"[\u3041-\u3096\u30a1-\u30fa\u30fc]")
_HANGUL = re.compile(r"[\uac00-\ud7a3]")
_HALF_WIDTH_KANA = re.compile(r"[\uff61-\uff9f]")
# Private use, C1 controls and no characters.
_IMPOSSIBLE = re.compile(r"[\x80-\x9f\ue000-\uf8ff\ufffd\ufffe\uffff\U000f0000-\U0010ffff]")
_PUNCTUATION = "、。，．：；！？（）《》〈〉「」『』【】〔〕“”‘’—…·　〇○●★□■☑☐％℃～－"
_COMMON_WEIGHT = 0.4  # of characters that are common, but not frequent
# About the most frequent characters of Chinese prose and of official letters.
_FREQUENT_HAN = (
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动同工也能下过子"
    "说产种面而方后多定行学法所民得经十三之进着等部度家电力里如水化高自二理起小物现实加量都两体制机当"
    "使点从业本去把性好应开它合还因由其些然前外天政四日那社义事平形相全表间样与关各重新线内数正心反你"
    "明看原又么利比或但质气第向道命此变条只没结解问意建月公无系军很情者最立代想已通并提直题党程展五果"
    "料象员革位入常文总次品式活设及管特件长求老头基资边流路级少图山统接知较将组见计别她手角期根论运农"
    "指几九区强放决西被干做必战先回则任取据处队南给色光门即保治北造百规热领七海口东导器压志世金增争济"
    "阶油思术极交受联什认六共权收证改清己美再采转更单风切打白教速花带安场身车例真务具万每目至达走积示"
    "议声报斗完类八离华名确才科张信马节话米整空元况今集温传土许步群广石记需段研界拉林律叫且究观越织装"
    "影算低持音众书布复容儿须际商非验连断深难近矿千周委素技备半办青省列习响约支般史感劳便团往酸历市克"
    "何除消构府称太准精值号率族维划选标写存候毛亲快效斯院查江型眼王按格养易置派层片始却专状育厂京识适"
    "属圆包火住调满县局照参红细引听该铁价严街镇村乡居房屋补助申请材料通知函告审批准予印章签字附件档案"
    "防汛急救灾环境卫医院校师生警察违规处罚决定书号条款项依据执监督检查整改期限责任单位负人联系电话地址"
    "您投诉举报咨询建议答复受理满意服务群众困难低保补贴养老险缴费税款金额元整合计注备说明"
    "這個國來時們為後會發動過說產種經進著長開還學對業應實現體當點從與關內數質氣結問題無條變統計別組論"
    "運農強戰處隊給門規熱領東導壓濟階極聯認權證轉單風帶場車務萬達積議聲報鬥類離華確張馬節話傳許廣記"
    "觀織裝書復須際驗連斷難備辦習響約團歷構稱準號維劃選標寫親養層專狀廠識適屬圓調滿縣參紅細聽該鐵價嚴"
    "鎮鄉補請檔案臺灣會議員關於機關總統縣市長民國申請書檔戶籍謄本身分證"
)
# About the most frequent syllables of Korean prose.
_FREQUENT_HANGUL = (
    "이다는에의을가고하은로지한를도서기자인사리어대정나시아해그라게일수부주제있장보전과상원조국공세관"
    "적성구들만면비경안모동여신소계위화학생오우용년니마치무개선중실문미내지스인유업행거습까되할것된및"
    "당였음었와등본요물진회통방법더또때월회발분재민간산연조명합결입단건물영강현차추심청불식출반금설교"
    "드트러르바호배규감류체노져려권터없같후최임약운초양목포각알질날말달음표력읍면시군청직접수처리신청서"
)


def foreign(text: str) -> list[str]:
    """The characters of the beginning of `text` that are not ASCII."""
    return _NOT_ASCII.findall(text[:SAMPLE])


def plausibility(text: str) -> float:
    """From 0 to 1: how much the characters of `text` that are not ASCII look like East Asian prose.

    A frequent character counts 1, another common one less, and others nothing. 1 without any.
    Chinese characters among Hangul count nothing: texts in GB 2312 look so in EUC-KR.
    """
    chars = foreign(text)
    if not chars:
        return 1.0
    frequent, common = _frequent(), common_anywhere()
    if len(_HANGUL.findall("".join(chars))) > 0.2 * len(chars):
        frequent, common = frozenset((*_FREQUENT_HANGUL, *_PUNCTUATION)), _common("cp949")
    total = sum(
        1.0 if char in frequent else _COMMON_WEIGHT if char in common else 0.0 for char in chars
    )
    return max(0.0, (total - len(_IMPOSSIBLE.findall(text[:SAMPLE]))) / len(chars))


def commonness(text: str, encoding: str) -> float:
    """The share of non-ASCII characters that are common in the encoding."""
    chars = foreign(text)
    common = _common(encoding)
    return sum(map(common.__contains__, chars)) / len(chars) if chars else 1.0


def plainness(text: str) -> float:
    """The share of characters that are printable ASCII or common in any encoding."""
    common, hangul = common_anywhere(), _common("cp949")
    plain = (char in _PRINTABLE or char in common or char in hangul for char in text)
    return sum(plain) / len(text)


def is_korean(text: str) -> bool:
    """Whether nearly all letters of a text are Hangul, many of them frequent ones.

    Six are enough: fewer can be Chinese text by chance.
    """
    letters = [char for char in foreign(text) if char not in _PUNCTUATION]
    hangul = _HANGUL.findall("".join(letters))
    frequent = sum(char in _FREQUENT_HANGUL for char in hangul)
    return len(hangul) >= 6 and len(hangul) >= 0.9 * len(letters) and frequent >= 0.5 * len(hangul)


def is_japanese(text: str) -> bool:
    """Whether a text has as much kana as Japanese prose, and none of half width instead."""
    chars = "".join(foreign(text))
    kana, halves = len(_KANA.findall(chars)), len(_HALF_WIDTH_KANA.findall(chars))
    return kana >= 2 and kana >= 0.2 * len(chars) and halves <= 0.1 * len(chars)


def is_frequent(text: str) -> bool:
    """Whether nearly all characters of `text` that are not ASCII are frequent ones."""
    chars = foreign(text)
    frequent = _frequent()
    return sum(char in frequent for char in chars) >= 0.75 * len(chars)


@cache
def _frequent() -> frozenset[str]:
    kana = (chr(code) for code in (*range(0x3041, 0x3097), *range(0x30A1, 0x30FD)))
    full_width = (chr(code) for code in range(0xFF01, 0xFF5F))
    return frozenset((*_FREQUENT_HAN, *_FREQUENT_HANGUL, *_PUNCTUATION, *kana, *full_width))


@cache
def common_anywhere() -> frozenset[str]:
    """The frequent characters, and those that GB 2312, Big5 and JIS X 0208 put first."""
    return _frequent().union(*map(_common, ("gb18030", "big5hkscs", "euc_jp")))


@cache
def _common(encoding: str) -> frozenset[str]:
    """The punctuation and the level-1 characters of a standard; the Hangul of KS X 1001."""
    ends = {
        "gb18030": (0xB0, 0xD8),
        "big5hkscs": (0xA4, 0xC7),
        "euc_jp": (0xB0, 0xD0),
        "cp949": (0xB0, 0xC9),
    }
    leads = [*range(0xA1, 0xA4), *range(*ends[encoding])]
    trails = [*range(0xA1, 0xFF)]
    trails += [*range(0x40, 0x7F)] if encoding == "big5hkscs" else []
    pairs = (bytes((lead, trail)) for lead in leads for trail in trails)
    return frozenset("".join(pair.decode(encoding, errors="ignore") for pair in pairs))
