"""Marks of formats that divide a value: codes of terminals, sections of XML, lists."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from tasks.redact.numerals import Edit

_MARKS = re.compile(
    # ECMA-48, 5.4: control sequences; titles and links of terminals.
    r"\x1b(?:\[[0-?]{0,40}[ -/]{0,4}[@-~]|\][^\x07\x1b\n]{0,200}(?:\x07|\x1b\\))"
    r"|<!\[CDATA\[|\]\]>|<\?(?<=\w<\?)[^<>]{0,200}\?>(?=\w)|<!--(?<=\w<!--)[^<>]{0,200}-->(?=\w)"
    # The end of a line in a string of YAML, a program or a shell.
    r"|\\\n[ \t]{0,200}"
    # RFC 4180, 2: a quotation mark in a cell.
    r'|""(?<=\d"")(?=\d)'
    # RFC 5322, 3.2.2: a comment, here within a number.
    r"|\((?<=\d\()[^()\d\n]{1,20}\)(?=\d)"
)
# JSON; RFC 5545, 3.3.11, and RFC 6350, 3.4, with a capital too.
_WHITE_ESCAPE = re.compile(r"\\{1,64}[nNrt](?=[^\x00-\x7f]|[\d+(\"]|\\)")
_WHITE = {"n": "\n", "N": "\n", "r": "", "t": "\t"}
_ENTITY = re.compile(
    r"<!ENTITY\s{1,9}([\w.-]{1,40})\s{1,9}(?:\"([^\"<&]{1,40})\"|'([^'<&]{1,40})')"
)
_REFERENCE = re.compile(r"&([\w.-]{1,40});")
_MOST_ENTITIES, _MOST_REFERENCES = 100, 10_000
_ITEM = r"[\"']?\d{1,10}[Xx]?[\"']?"
_LIST = re.compile(
    rf"\[\s{{0,20}}{_ITEM}(?:\s{{0,20}},\s{{0,20}}{_ITEM}){{1,17}}\s{{0,20}}\]"  # JSON
    # YAML
    rf"|-(?<!\S-)[ \t]{{1,4}}{_ITEM}(?:\n[ \t]{{0,20}}-[ \t]{{1,4}}{_ITEM}){{1,17}}(?=\s|\Z)"
)
_PART = re.compile(r"\d+[Xx]?")
_MOBILE = re.compile(r"1[3-9]\d{9}")
_IDENTITY = re.compile(r"[1-9]\d{5}(?:18|19|20)\d{9}[\dXx]")
_GROUPS = frozenset([(3, 4, 4), (3, 8), (7, 4), (3, 3, 5), (5, 6), (4, 3, 4), (1,) * 11])
_LABEL = re.compile(
    r"(?:电话|手机|联系|热线|phone|mobile|\btel|\bcell)[^\n,;{}\[\]]{0,20}\s{0,20}\Z", re.IGNORECASE
)
_BEFORE = 60
_QUOTES = ('"', "'")


def divisions(text: str) -> Sequence[Edit]:
    """Returns what divides values and is no text in the format of the file.

    A list is a divided value if its items together have the form of a mobile in usual groups or of
    an identity number. Numbers without quotation marks are rather figures: they need a label.
    """
    edits = [(*match.span(), "") for match in _MARKS.finditer(text)]
    edits += [(*match.span(), _WHITE[match[0][-1]]) for match in _WHITE_ESCAPE.finditer(text)]
    edits += _references(text)
    edits += _lists(text)
    return [*_apart(sorted(edits))]


def _references(text: str) -> Iterator[Edit]:
    """References to short entities that an XML file declares for itself."""
    if "<!ENTITY" not in text:
        return
    declared = dict[str, str]()
    for match in _ENTITY.finditer(text):
        if len(declared) < _MOST_ENTITIES:
            declared.setdefault(match[1], match[2] or match[3])
    for count, match in enumerate(_REFERENCE.finditer(text)):
        if count >= _MOST_REFERENCES:
            return
        if match[1] in declared:
            yield *match.span(), declared[match[1]]


def _lists(text: str) -> Iterator[Edit]:
    for match in _LIST.finditer(text):
        parts = [*_PART.finditer(text, *match.span())]
        value = "".join(part[0] for part in parts)
        is_text = any(quote in match[0] for quote in _QUOTES)
        is_mobile = (
            _MOBILE.fullmatch(value)
            and tuple(len(part[0]) for part in parts) in _GROUPS
            and (is_text or _LABEL.search(text[max(0, match.start() - _BEFORE) : match.start()]))
        )
        if is_mobile or _IDENTITY.fullmatch(value):
            yield from ((one.end(), other.start(), "") for one, other in pairwise(parts))


def _apart(edits: Sequence[Edit]) -> Iterator[Edit]:
    done = 0
    for start, end, words in edits:
        if start >= done:
            yield start, end, words
            done = end
