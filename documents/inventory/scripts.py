"""Tells whether a program may put together text that its source does not have.

String constants that it only joins are listed as one text. What it makes of texts in another way is
known only by running it, so that the program is named.
"""

from __future__ import annotations

import re

from documents.inventory.encodings import decoded
from documents.inventory.neighbours import may_form_value

# Between two string literals: `"a" + 'b'`, `["a", "b"].join("")`, `"a".concat("b")`, `"a" "b"`.
_JOIN = re.compile(r"[\"'`]\)?+\s*+(?:[+,]|\.concat\()\s*+[\"'`]|[\"']\s++[\"']")
_DATA_TYPES = re.compile(
    r"\s*+(?:\w++/(?:[\w.-]++\+)?json|importmap|speculationrules|text/(?:html|plain|x-[\w-]++))\s*+",
    re.IGNORECASE,
)
# A string, or a comment, which is no program.
_TOKEN = re.compile(
    r"(\"(?:[^\"\\\n]|\\[\s\S])*+\"?|'(?:[^'\\\n]|\\[\s\S])*+'?|`(?:[^`\\]|\\[\s\S])*+`?)"
    r"|//[^\n]*|/\*.*?(?:\*/|\Z)",
    re.DOTALL,
)
_CALL = re.compile(
    # Changes of strings, and the end of the other texts of a list.
    r"(?<!\blocation)\.\s*(?:reverse|toReversed|replace|replaceAll|substr|substring|slice|split|concat|charAt"
    r"|charCodeAt|codePointAt|padStart|padEnd|repeat|normalize|map|reduce|reduceRight|sort)\s*\("
    r"|(?<![\"'`]\])\.\s*join\s*\("
    # Decoding, and programs in strings.
    r"|\b(?:fromCharCode|fromCodePoint|atob|btoa|unescape|decodeURI|decodeURIComponent|eval"
    r"|Function|TextDecoder|execScript|(?i:StrReverse|ChrW?))\s*\("
    r"|\.\s*toString\s*\(\s*\w|\bString\s*\.\s*raw\b|\$\{"
    # Characters in octal digits, which no program needs in a word.
    r"|\\[0-7]{2}"
    # The name of a property in a text: `window["at" + "ob"]`.
    r"|[\])\w]\s*\[\s*[\"'](?:reverse|replace|join|fromCharCode|atob|unescape|eval)[\"']",
)
# A string and something else.
_OPERATOR = re.compile(
    r"[\"'`]\s*+(?:\+=?|&)\s*+[\w$(\[]|[\w$)\]]\s*+(?:\+=?|&)\s*+[\"'`]", re.ASCII
)
_SUM = re.compile(r"[A-Za-z_$\])][ \t]*+\+=?[ \t]*+[A-Za-z_$(\[]")
# What puts texts into a page.
_WRITE = re.compile(
    r"\.\s*+(?:(?:write|writeln|append|prepend|before|after|replaceWith|createTextNode"
    r"|(?:fill|stroke)Text"
    r"|insertAdjacent(?:HTML|Text))\s*+\(|(?:textContent|innerText|innerHTML|outerHTML|nodeValue"
    r"|value)\s*+=(?!=))\s*+"
)
_POSITION = re.compile(r"(?:before|after)(?:begin|end)")
# Two variables are rather texts than numbers in a program with such a text.
_VALUE = re.compile(r"[\"'`][^\"'`\n]{0,80}(?:\d{2}|@|[\u3400-\u9fff])")


def joined_literals(script: str) -> list[str]:
    """The texts of a script with string constants joined, where that differs from the script.

    What is encoded in them may be decoded only then.
    """
    texts = dict.fromkeys((_JOIN.sub("", script), _JOIN.sub("", decoded(script))))
    return [decoded(text) for text in texts if text != script]


def written_texts(script: str) -> str:
    """The string constants that a script writes into a page, one after the other, as one text."""
    joined = _JOIN.sub("", script)
    written = []
    for call in _WRITE.finditer(joined):
        constant = _TOKEN.match(joined, call.end())
        if constant is not None and constant[1]:
            written.append(_POSITION.sub("", constant[1][1:-1]))
    return decoded("".join(written))


def puts_text_together(script: str) -> bool:
    """Whether a script has calls or operators that make other texts than its constants, joined.

    Programs that only set properties, call functions with constants, or compute with numbers do
    not, unless they write texts and have a few constants whose digits together may be a value.
    """
    code = _JOIN.sub("", _TOKEN.sub(lambda token: token[1] or " ", script))
    if _CALL.search(code) or _OPERATOR.search(code):
        return True
    if _WRITE.search(code) and may_form_value(_constants(code)):
        return True
    return bool(_SUM.search(code) and _VALUE.search(code))


def _constants(script: str) -> list[str]:
    return [token[1][1:-1] for token in _TOKEN.finditer(script) if token[1]]


def is_program(media_type: str | None) -> bool:
    """Whether an element `script` with this `type` is a program, not data such as JSON."""
    return not _DATA_TYPES.fullmatch(media_type or "")
