"""Codes that some fonts and programs have instead of those of the characters.

They are radicals, compatibility ideographs, and private-use codes of GBK.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from types import MappingProxyType

# EquivalentUnifiedIdeograph.txt of Unicode 14; NFKC maps two of them only. The last two are Kangxi
# radicals, of which NFKC gives forms that simplified Chinese does not use.
_RADICALS: Mapping[int, str] = MappingProxyType(
    {
        ord(radical): char
        for radical, char in zip(
            (
                "⺁⺂⺃⺄⺅⺆⺇⺈⺉⺊⺋⺌⺍⺎⺏⺐⺑⺒⺓⺔⺕⺖⺗⺘⺙⺛⺜⺝⺞⺟⺠⺡⺢⺣"
                "⺤⺥⺦⺧⺨⺩⺪⺫⺬⺭⺮⺯⺰⺱⺲⺳⺴⺵⺶⺷⺸⺹⺺⺻⺼⺽⺾⺿⻀⻁⻂⻃⻄⻅"
                "⻆⻇⻈⻉⻊⻋⻌⻍⻎⻏⻐⻑⻒⻓⻔⻕⻖⻗⻘⻙⻚⻛⻜⻝⻞⻟⻠⻡⻢⻣⻤⻥⻦⻧"
                "⻨⻩⻪⻫⻬⻭⻮⻯⻰⻱⻲⻳⼾⾭"
            ),
            (
                "厂乛乚乙亻冂𠘨刀刂卜㔾小小兀尣尢𡯂巳幺彑彐忄心扌攵旡日月歺母民氵氺灬"
                "爫爫丬牛犭王𤴔目示礻𥫗糹纟罓罒㓁冗𦉫羊𦍌𦍋耂肀聿肉𦥑艹艹艹虎衤覀西见"
                "角𧢲讠贝𧾷车辶辶辶邑钅長镸长门𨸏阝雨青韦页风飞食𩙿飠饣𩠐马骨鬼鱼鸟卤"
                "麦黄黾斉齐歯齿竜龙龜亀龟户青"
            ),
            strict=True,
        )
    }
)
# GBK had private-use codes for the characters FE50 to FEA0, such as 䶮, until GB 18030-2000; these
# had them until GB 18030-2022.
_LATE = {
    0xE816: "𠂇", 0xE817: "𠂉", 0xE818: "𠃌", 0xE81E: "\u9fb4", 0xE826: "\u9fb5", 0xE82B: "\u9fb6",
    0xE82C: "\u9fb7", 0xE831: "𡗗", 0xE832: "\u9fb8", 0xE83B: "𢦏", 0xE843: "\u9fb9",
    0xE854: "\u9fba", 0xE855: "𤇾", 0xE864: "\u9fbb",
}  # fmt: skip
_FIRST_PRIVATE = 0xE815


def _gbk_private() -> Mapping[int, str]:
    codes = (bytes((0xFE, low)) for low in range(0x50, 0xA1) if low != 0x7F)
    chars = enumerate((code.decode("gb18030") for code in codes), _FIRST_PRIVATE)
    return {code: _RADICALS.get(ord(char), char) for code, char in chars} | _LATE


SUBSTITUTES: Mapping[int, str] = MappingProxyType(dict(_RADICALS) | dict(_gbk_private()))
"""Radicals and private-use codes, and the characters that they stand for."""
_COMPATIBLE = (range(0x2F00, 0x2FD6), range(0xF900, 0xFB00), range(0x2F800, 0x2FA20))


def _unified() -> Mapping[int, str]:
    folded = {
        code: unicodedata.normalize("NFKC", chr(code)) for codes in _COMPATIBLE for code in codes
    }
    listed = {code: char for code, char in folded.items() if char != chr(code) and len(char) == 1}
    return MappingProxyType(listed | dict(SUBSTITUTES))


UNIFIED: Mapping[int, str] = _unified()
"""The usual character for each of the codes."""
