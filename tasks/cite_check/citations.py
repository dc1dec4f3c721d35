"""Finds citations of laws in a text: names, provisions and quotations."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from tasks.cite_check.cited_provisions import ARTICLE_FOLLOWS, Provision, read_provisions

# The ending of a law's name. Other titles in 《》 are books, notices and the like.
_LAW_NAME = re.compile(
    r"(?:法|法典|条例|规定|办法|细则|规则|解释)(?:[（(](?:试行|暂行|草案|修订)[）)])?$"
)
_NAME = re.compile(
    r"《((?:[^《》]|《[^《》]*》){2,90})》|〈([^〈〉《》\n]{2,90})〉|‹([^‹›\n]{2,90})›"
    r"|<<([^<>\n]{2,90})>>"
)
_AFTER = re.compile(r"\s*[（(]([^（）()]{1,60}(?:[（(][^（）()]*[）)][^（）()]*)?)[）)]")
_YEAR = re.compile(r"(\d{4})\s*(?:年|修|版|-|$)")
_OTHER_YEAR = re.compile(r"施行|实施|以下|生效")
_SHORT = re.compile(r"(?:以下|下)(?:统)?[简合]?称(?:为)?[《“\"]?([^》”\"）)，,]{2,30})")
_INTRODUCES_QUOTE = re.compile(
    r"(?:中)?的?(?:明确)?(?:规定|明确|要求|指出|载明|写明|界定)?(?:了|的是)?\s*([：:]|[，,]?)\s*(?=[“\"「])"
)
_BOUNDARY = "依照据按根和与及、，。；：（“反用合即了对在由从为的关\n"
_SAME = re.compile(r"(?:该|同|上述)(?:法|条例|办法|规定|细则)(?=第)")
# A shorter quotation is a term, unless it follows a colon.
LEAST_QUOTE = 8


@dataclass(frozen=True, slots=True)
class Citation:
    """`start` and `end` are offsets of the name with its provision, or of a further provision.

    `year` is that of the cited version. The last provision of a name has the `quote`, which may
    be from one of the provisions `before` it.
    """

    start: int
    end: int
    name: str
    year: int | None = None
    provision: Provision | None = None
    quote: str | None = None
    before: tuple[Provision, ...] = ()


def find_citations(text: str, plain_names: Sequence[str]) -> list[Citation]:
    """Returns the citations in order. `plain_names` are also found without 《》."""
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
    """Yields the short names that the text defines, each with the full name."""
    for match in _NAME.finditer(text):
        after = _AFTER.match(text, match.end())
        short = _SHORT.search(after.group(1)) if after else None
        if short is not None:
            yield short.group(1), _name(match)


def _name(match: re.Match[str]) -> str:
    return next(name for name in match.groups() if name)


def _names(text: str, plain_names: Sequence[str]) -> list[tuple[int, int, str | None]]:
    """Returns start, end and name; the name is None for 该法 and the like."""
    found: list[tuple[int, int, str | None]] = [
        (match.start(), match.end(), _name(match)) for match in _NAME.finditer(text)
    ]
    found += [(match.start(), match.end(), None) for match in _SAME.finditer(text)]
    if plain_names:
        longest_first = sorted(plain_names, key=len, reverse=True)
        names = "|".join(map(re.escape, longest_first))
        plain = re.compile(rf"(?:^|(?<=[{_BOUNDARY}\s]))({names}){ARTICLE_FOLLOWS}")
        found += [(match.start(), match.end(), match.group(1)) for match in plain.finditer(text)]
    return sorted(found, key=lambda one: one[:2])


def _cited(text: str, start: int, end: int, name: str) -> Iterator[Citation]:
    year, at = None, end
    after = _AFTER.match(text, end)
    if after is not None:
        at = after.end()
        match = _YEAR.search(after.group(1))
        if match is not None and not _OTHER_YEAR.search(after.group(1)):
            year = int(match.group(1))
    provisions, last = read_provisions(text, at)
    whole = Citation(start, last if provisions else end, name, year)
    quote = _quote_after(text, last) or _quote_before(text, start, last)
    if not provisions:
        yield whole
        return
    for index, named in enumerate(provisions):
        cited = replace(
            whole,
            start=named.start if index else start,
            end=named.end,
            provision=named.provision,
        )
        if quote is not None and index == len(provisions) - 1:
            before = tuple(one.provision for one in provisions[:-1])
            cited = replace(cited, quote=quote, before=before)
        yield cited


def _quote_after(text: str, at: int) -> str | None:
    lead = _INTRODUCES_QUOTE.match(text, at)
    if lead is None:
        return None
    quote = _quoted(text, lead.end())
    if quote is None or (lead.group(1) not in ("：", ":") and len(quote) < LEAST_QUOTE):
        return None
    return quote


def _quote_before(text: str, start: int, end: int) -> str | None:
    """Returns a quotation before a citation in brackets: “…”（《…法》第一条）."""
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
