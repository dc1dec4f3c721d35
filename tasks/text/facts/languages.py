"""Notation of numbers and dates by language.

Chinese and English are supported in full; other languages with digits, words for large numbers and
names of months, but not numbers written out in words.
"""

from __future__ import annotations

from collections.abc import Mapping

_MONTHS_IN = {
    "en": "january february march april may june july august september october november december",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "de": "januar februar märz april mai juni juli august september oktober november dezember",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre "
    "diciembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro "
    "dezembro",
    "ru": "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "short": "jan feb mar apr may jun jul aug sep oct nov dec",
}
MONTHS: Mapping[str, int] = {
    name: number
    for names in _MONTHS_IN.values()
    for number, name in enumerate(names.split(), start=1)
} | {"sept": 9, "январь": 1, "май": 5, "июнь": 6, "июль": 7}
AMBIGUOUS_MONTHS = frozenset(("may", "march", "mars", "mar", "jan", "dec", "mai"))
"""Names of months that are also words or names: without a day or year they are ambiguous."""

SCALES: Mapping[str, int] = (
    dict.fromkeys(("hundred",), 100)
    | dict.fromkeys(("thousand", "mille", "mil", "tausend", "тыс", "тысяч", "тысячи", "천"), 1_000)
    | dict.fromkeys(("만",), 10_000)
    | dict.fromkeys(
        (
            *("million", "millions", "millionen", "mio", "millón", "millones", "milhão"),
            *("milhões", "млн", "миллион", "миллиона", "миллионов"),
        ),
        10**6,
    )
    | dict.fromkeys(("억",), 10**8)
    | dict.fromkeys(
        (
            *("billion", "milliard", "milliards", "milliarde", "milliarden", "mrd"),
            *("mil millones", "mil milhões", "млрд", "миллиард", "миллиарда", "миллиардов"),
        ),
        10**9,
    )
    | dict.fromkeys(("trillion", "조"), 10**12)
)
COMMA_IS_A_POINT = frozenset(("fr", "de", "es", "pt", "ru"))
"""Languages with a decimal comma; points or spaces separate thousands."""

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
)
_ORDINALS = (
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth "
    "thirteenth fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
ENGLISH: Mapping[str, int] = (
    {word: number for number, word in enumerate(_ONES.split())}
    | {word: number for number, word in enumerate(_ORDINALS.split())}
    | {word: 10 * number for number, word in enumerate(_TENS.split(), start=2)}
    | {f"{word[:-1]}ieth": 10 * number for number, word in enumerate(_TENS.split(), start=2)}
)
