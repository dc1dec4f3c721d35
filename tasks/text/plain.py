"""Normalises a text for searching without changing its length."""

from __future__ import annotations

import re
import unicodedata

# What may separate the digits of a number: grouping, or the end of a line or a page.
GAP = r"[ \n\-]{0,3}"
BREAK = r"(?:[ ]{0,2}\n{0,2}[ ]{0,2})"
HAN = r"\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff"

_GAPS = re.compile(r"[ \n\t\-\u200b]+")
# Radicals of the CJK Radicals Supplement, which some PDFs have instead of the characters, and the
# characters (EquivalentUnifiedIdeograph.txt of Unicode 14). NFKC maps two of them only.
_RADICALS = str.maketrans(
    (
        "⺁⺂⺃⺄⺅⺆⺇⺈⺉⺊⺋⺌⺍⺎⺏⺐⺑⺒⺓⺔⺕⺖⺗⺘⺙⺛⺜⺝⺞⺟⺠⺡⺢⺣"
        "⺤⺥⺦⺧⺨⺩⺪⺫⺬⺭⺮⺯⺰⺱⺲⺳⺴⺵⺶⺷⺸⺹⺺⺻⺼⺽⺾⺿⻀⻁⻂⻃⻄⻅"
        "⻆⻇⻈⻉⻊⻋⻌⻍⻎⻏⻐⻑⻒⻓⻔⻕⻖⻗⻘⻙⻚⻛⻜⻝⻞⻟⻠⻡⻢⻣⻤⻥⻦⻧"
        "⻨⻩⻪⻫⻬⻭⻮⻯⻰⻱⻲⻳"
    ),
    (
        "厂乛乚乙亻冂𠘨刀刂卜㔾小小兀尣尢𡯂巳幺彑彐忄心扌攵旡日月歺母民氵氺灬"
        "爫爫丬牛犭王𤴔目示礻𥫗糹纟罓罒㓁冗𦉫羊𦍌𦍋耂肀聿肉𦥑艹艹艹虎衤覀西见"
        "角𧢲讠贝𧾷车辶辶辶邑钅長镸长门𨸏阝雨青韦页风飞食𩙿飠饣𩠐马骨鬼鱼鸟卤"
        "麦黄黾斉齐歯齿竜龙龜亀龟"
    ),
)
_FORMS = (
    dict.fromkeys("‐‑‒–—―−﹣－\u00ad", "-")
    | dict.fromkeys("\n\r\v\f\x85\u2028\u2029", "\n")
    | {"\t": "\t", "Х": "X", "х": "x", "×": "x", "＠": "@", "﹫": "@"}
)
_SAME_FOR = {"Cf": "\u200b", "Cc": "\u200b", "Mn": "\u200b", "Zs": " "}


class _Plain(dict[int, str]):
    """Maps characters to their plain form, one character each, computed on first use."""

    def __missing__(self, code: int) -> str:
        self[code] = plain = self._of(chr(code))
        return plain

    @staticmethod
    def _of(char: str) -> str:
        if char in _FORMS:
            return _FORMS[char]
        if ord(char) in _RADICALS:
            return char.translate(_RADICALS)
        category = unicodedata.category(char)
        if category == "Nd":
            return str(unicodedata.digit(char))
        if category in _SAME_FOR:
            return _SAME_FOR[category]
        folded = unicodedata.normalize("NFKC", char)
        return folded if len(folded) == 1 else char


_PLAIN = _Plain()


def plain(text: str) -> str:
    """Returns `text` with half-width digits and letters, and plain spaces and dashes.

    The length is the same. Invisible characters become U+200B.
    """
    return text.translate(_PLAIN)


def compact(text: str) -> str:
    """Removes spaces, dashes and invisible characters from plain text."""
    return _GAPS.sub("", text)


def with_gaps(words: str, like: str) -> str:
    """Inserts the gaps of `like` into `words`, which has as many characters without gaps."""
    chars = iter(words)
    return "".join(char if _GAPS.match(char) else next(chars) for char in like)


def groups(text: str) -> list[int]:
    """Returns the lengths of the groups of a grouped number."""
    return [len(group) for group in _GAPS.split(text)]
