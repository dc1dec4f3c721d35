"""Where a text cites laws: names, provisions, and the words that it says stand there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from tasks.laws.provisions import NUMERAL, number_of

# What a law's name ends with; other titles in book marks are books, notices and the like.
_LAW_NAME = re.compile(
    r"(?:法|法典|条例|规定|办法|细则|规则|解释)(?:[（(](?:试行|暂行|草案|修订)[）)])?$"
)
_NAME = re.compile(r"《((?:[^《》]|《[^《》]*》){2,90})》")
_AFTER = re.compile(r"\s*[（(]([^（）()]{1,60}(?:[（(][^（）()]*[）)][^（）()]*)?)[）)]")
_YEAR = re.compile(r"(\d{4})\s*(?:年|修|版|-|$)")
_OTHER_YEAR = re.compile(r"施行|实施|以下|生效")
_SHORT = re.compile(r"(?:以下|下)(?:统)?[简合]?称(?:为)?[《“\"]?([^》”\"）)，,]{2,30})")
_DIVISION = re.compile(rf"第{NUMERAL}(?:编|分编|章|节)")
_PROVISION = re.compile(
    rf"第(?P<article>{NUMERAL})条(?:之(?P<added>{NUMERAL}))?"
    rf"|第(?P<paragraph>{NUMERAL})款"
    rf"|第?[（(](?P<marked>{NUMERAL})[）)]项?|第(?P<item>{NUMERAL})项"
)
_AND = re.compile(r"\s*(?:、|，|和|及|以及|与|或者|或|至|到)\s*(?=第)")
_SAYS = re.compile(
    r"(?:中)?的?(?:明确)?(?:规定|明确|要求|指出|载明|写明|界定)?(?:了|的是)?\s*([：:]|[，,]?)\s*(?=[“\"「])"
)
_BOUNDARY = "依照据按根和与及、，。；：（“反用合即了对在由从为的关\n"
_SAME = re.compile(r"(?:该|同|上述)(?:法|条例|办法|规定|细则)(?=第)")
# A shorter one is a term, unless a colon stands before it.
LEAST_QUOTE = 8


@dataclass(frozen=True, slots=True)
class Provision:
    """An article, and perhaps one of its paragraphs, and an item of that."""

    article: tuple[int, int]
    paragraph: int | None = None
    item: int | None = None


@dataclass(frozen=True, slots=True)
class Citation:
    """`start` and `end` are offsets into the text, of the name or of the provision where a name has
    several; `year` is that of the version that is named. A quote stands at the last provision; it
    may be from one of those `before` it.
    """

    start: int
    end: int
    name: str
    year: int | None = None
    provision: Provision | None = None
    quote: str | None = None
    before: tuple[Provision, ...] = ()


def find_citations(text: str, plain_names: Sequence[str]) -> list[Citation]:
    """Every citation, in order. `plain_names` are known also without book marks."""
    found: list[Citation] = []
    last: str | None = None
    for start, end, name in _names(text, plain_names):
        if found and start < found[-1].end:
            continue
        named = name or last
        if named is None:
            continue
        cited = list(_cited(text, start, end, named))
        if name is None and not any(one.provision for one in cited):
            continue
        found += cited
        last = named
    return found


def is_law_name(name: str) -> bool:
    return _LAW_NAME.search(name) is not None


def short_names(text: str) -> Iterator[tuple[str, str]]:
    """Names that the text itself gives to laws: the short one, and the full one."""
    for match in _NAME.finditer(text):
        after = _AFTER.match(text, match.end())
        said = _SHORT.search(after.group(1)) if after else None
        if said is not None:
            yield said.group(1), match.group(1)


def _names(text: str, plain_names: Sequence[str]) -> list[tuple[int, int, str | None]]:
    """Start, end and name of each; no name where it is said to be the last one again."""
    found: list[tuple[int, int, str | None]] = [
        (match.start(), match.end(), match.group(1)) for match in _NAME.finditer(text)
    ]
    found += [(match.start(), match.end(), None) for match in _SAME.finditer(text)]
    if plain_names:
        longest_first = sorted(plain_names, key=len, reverse=True)
        names = "|".join(map(re.escape, longest_first))
        plain = re.compile(rf"(?:^|(?<=[{_BOUNDARY}\s]))({names})(?=第{NUMERAL}条)")
        found += [(match.start(), match.end(), match.group(1)) for match in plain.finditer(text)]
    return sorted(found, key=lambda one: one[:2])


def _cited(text: str, start: int, end: int, name: str) -> Iterator[Citation]:
    year, at = None, end
    after = _AFTER.match(text, end)
    if after is not None:
        at = after.end()
        said = _YEAR.search(after.group(1))
        if said is not None and not _OTHER_YEAR.search(after.group(1)):
            year = int(said.group(1))
    provisions, last = _provisions(text, at)
    whole = Citation(start, last if provisions else end, name, year)
    quote = _quote_after(text, last) or _quote_before(text, start, last)
    if not provisions:
        yield whole
        return
    for index, (first, to, provision) in enumerate(provisions):
        cited = replace(whole, start=start if index == 0 else first, end=to, provision=provision)
        if quote is not None and index == len(provisions) - 1:
            before = tuple(provision for _, _, provision in provisions[:-1])
            cited = replace(cited, quote=quote, before=before)
        yield cited


def _provisions(text: str, at: int) -> tuple[list[tuple[int, int, Provision]], int]:
    """What follows a name: 第十条第一款、第三款和第十二条 are three."""
    division = _DIVISION.match(text, at)
    while division is not None:
        at = division.end()
        division = _DIVISION.match(text, at)
    found: list[tuple[int, int, Provision]] = []
    current: Provision | None = None
    while True:
        first = at
        read = _one(text, at, current)
        if read is None:
            break
        at, current = read
        found.append((first, at, current))
        between = _AND.match(text, at)
        if between is None or _PROVISION.match(text, between.end()) is None:
            break
        at = between.end()
    return found, at


def _one(text: str, at: int, before: Provision | None) -> tuple[int, Provision] | None:
    provision, level = before, 0
    while match := _PROVISION.match(text, at):
        deeper = _level(match)
        if deeper <= level:
            break
        if match["article"]:
            added = number_of(match["added"]) if match["added"] else 0
            provision = Provision((number_of(match["article"]), added))
        elif provision is None:
            return None
        elif match["paragraph"]:
            provision = Provision(provision.article, number_of(match["paragraph"]))
        else:
            item = number_of(match["marked"] or match["item"])
            provision = replace(provision, item=item)
        at, level = match.end(), deeper
    return (at, provision) if level and provision is not None else None


def _level(match: re.Match[str]) -> int:
    if match["article"]:
        return 1
    return 2 if match["paragraph"] else 3


def _quote_after(text: str, at: int) -> str | None:
    says = _SAYS.match(text, at)
    if says is None:
        return None
    quote = _quoted(text, says.end())
    if quote is None or (says.group(1) not in ("：", ":") and len(quote) < LEAST_QUOTE):
        return None
    return quote


def _quote_before(text: str, start: int, end: int) -> str | None:
    """“…”（《…法》第一条）"""
    if text[max(0, start - 1) : start] not in ("（", "(") or text[end : end + 1] not in ("）", ")"):
        return None
    closed = start - 2
    if text[max(0, closed) : start - 1] != "”":
        return None
    depth = 0
    for at in range(closed, max(-1, closed - 3_000), -1):
        depth += (text[at] == "”") - (text[at] == "“")
        if depth == 0:
            return text[at + 1 : closed]
    return None


def _quoted(text: str, at: int) -> str | None:
    opening = text[at]
    closing = {"“": "”", "「": "」"}.get(opening, opening)
    depth = 1
    for end in range(at + 1, min(len(text), at + 3_000)):
        if text[end] == closing:
            depth -= 1
        elif text[end] == opening:
            depth += 1
        if depth == 0:
            return text[at + 1 : end]
    return None
