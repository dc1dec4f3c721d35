"""Finds citations of laws in a text: names, provisions and quotations."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import ahocorasick  # type: ignore[import-not-found] # a C extension without type stubs

from tasks.cite_check.cited_provisions import ARTICLE_FOLLOWS, Provision, read_provisions
from tasks.cite_check.further_provisions import continues, further_provisions
from tasks.cite_check.statements import states_words

# The ending of a law's name. Other titles in 《》 are books, notices and the like.
_LAW_NAME = re.compile(
    r"(?:法|法典|条例|规定|办法|细则|规则|解释)(?:[（(](?:试行|暂行|草案|修订)[）)])?$"
)
_NAME = re.compile(
    r"《((?:[^《》]|《[^《》]{0,90}+》){2,90})》|〈([^〈〉《》\n]{2,90})〉|‹([^‹›\n]{2,90})›"
    r"|<<([^<>\n]{2,90})>>"
)
_AFTER = re.compile(
    r"\s*+[（(]([^（）()]{1,60}(?:[（(][^（）()]{0,60}+[）)][^（）()]{0,60}+)?)[）)]"
)
_YEAR = re.compile(r"(\d{4})\s*(?:年|修|版|-|$)")
_OTHER_YEAR = re.compile(r"施行|实施|以下|生效")
_SHORT = re.compile(r"(?:以下|下)(?:统)?[简合]?称(?:为)?[《“\"]?([^》”\"）)，,]{2,30})")
_INTRODUCES_QUOTE = re.compile(
    r"(?:中)?的?(?:明确)?(?:规定|明确|要求|指出|载明|写明|界定)?(?:了|的是)?\s*+([：:]|[，,]?)\s*+(?=[“\"「])"
)
_BOUNDARIES = frozenset("依照据按根和与及、，。；：（“反用合即了对在由从为的关\n")
_ARTICLE_FOLLOWS = re.compile(ARTICLE_FOLLOWS)
_SAME = re.compile(r"(?:该|同|上述)(?:法|条例|办法|规定|细则)(?=第)")
# A shorter quotation is a term, unless it follows a colon.
LEAST_QUOTE = 8
_LONGEST_QUOTE = 3_000
# Of the provisions that a citation lists, a quotation is searched for in the last ones.
_MOST_BEFORE = 20


@dataclass(frozen=True, slots=True)
class Citation:
    """`start` and `end` are offsets of the name with its provision, or of a further provision.

    `year` is that of the cited version. The last provision of a name has the `quote`, which may
    be from one of the provisions `before` it and ends at `quote_end`; without one, `states_words`
    tells whether the text says what it states.
    """

    start: int
    end: int
    name: str
    year: int | None = None
    provision: Provision | None = None
    quote: str | None = None
    quote_end: int = 0
    before: tuple[Provision, ...] = ()
    states_words: bool = False

    @property
    def last(self) -> int:
        """The offset after the citation and its quotation."""
        return max(self.end, self.quote_end)


def find_citations(text: str, plain_names: Sequence[str]) -> list[Citation]:
    """Returns the citations in order. `plain_names` are also found without 《》."""
    found: list[Citation] = []
    for start, end, name in _names(text, plain_names):
        if found and start < found[-1].end:
            continue
        if start == end:
            found += _further(text, start, found)
        elif name is not None:
            found += _cited(text, start, end, name)
        elif found:
            named = list(_cited(text, start, end, found[-1].name))
            found += named if any(one.provision for one in named) else []
    return found


def _further(text: str, start: int, found: Sequence[Citation]) -> list[Citation]:
    """The provisions at `start` without a name, of the law that was cited last."""
    last = found[-1] if found else None
    if last is None or last.provision is None or not continues(text, last.last, start):
        return []
    cited = _cited(text, start, start, last.name, last.provision)
    return [replace(one, year=last.year) for one in cited if one.provision]


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
    """Returns start, end and name; the name is None for 该法 and the like.

    Provisions without a name have no length.
    """
    found: list[tuple[int, int, str | None]] = [
        (match.start(), match.end(), _name(match)) for match in _NAME.finditer(text)
    ]
    found += [(match.start(), match.end(), None) for match in _SAME.finditer(text)]
    found += [(start, start, None) for start in further_provisions(text)]
    found += _plain_mentions(text, plain_names)
    return sorted(found, key=lambda one: one[:2])


def _plain_mentions(text: str, names: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Yields the mentions of names without 《》: after a boundary, and before an article."""
    automaton = ahocorasick.Automaton(ahocorasick.STORE_LENGTH)
    for name in names:
        if name:
            automaton.add_word(name)
    if not len(automaton):
        return
    automaton.make_automaton()
    done = last_end = 0
    follows = False
    for last, length in automaton.iter(text):
        start, end = last - length + 1, last + 1
        if end != last_end:
            last_end, follows = end, _ARTICLE_FOLLOWS.match(text, end) is not None
        at_boundary = start == 0 or text[start - 1] in _BOUNDARIES or text[start - 1].isspace()
        if follows and start >= done and at_boundary:
            done = end
            yield start, end, text[start:end]


def _cited(
    text: str, start: int, end: int, name: str, of: Provision | None = None
) -> Iterator[Citation]:
    """Yields a name with its provisions, of which a paragraph alone is one `of` an article."""
    year, at = None, end
    after = _AFTER.match(text, end)
    if after is not None:
        at = after.end()
        match = _YEAR.search(after.group(1))
        if match is not None and not _OTHER_YEAR.search(after.group(1)):
            year = int(match.group(1))
    provisions, last = read_provisions(text, at, of)
    whole = Citation(start, last if provisions else end, name, year)
    quote, quote_end = _quote_after(text, last) or (_quote_before(text, start, last), 0)
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
        if index < len(provisions) - 1:
            yield cited
            continue
        if quote is None:
            cited = replace(cited, states_words=states_words(text, start, last))
        else:
            before = tuple(one.provision for one in provisions[-1 - _MOST_BEFORE : -1])
            cited = replace(cited, quote=quote, quote_end=quote_end, before=before)
        yield cited


def _quote_after(text: str, at: int) -> tuple[str, int] | None:
    """Returns the quotation after `at`, and the offset after its words."""
    lead = _INTRODUCES_QUOTE.match(text, at)
    if lead is None:
        return None
    quote = _quoted(text, lead.end())
    if quote is None or (lead.group(1) not in ("：", ":") and len(quote) < LEAST_QUOTE):
        return None
    return quote, lead.end() + 1 + len(quote)


def _quote_before(text: str, start: int, end: int) -> str | None:
    """Returns a quotation before a citation in brackets: “…”（《…法》第一条）."""
    if text[max(0, start - 1) : start] not in ("（", "(") or text[end : end + 1] not in ("）", ")"):
        return None
    closed = start - 2
    if text[max(0, closed) : start - 1] != "”":
        return None
    least = max(0, closed + 1 - _LONGEST_QUOTE)
    depth = 0
    for mark in reversed([*re.finditer("[“”]", text[least : closed + 1])]):
        depth += 1 if mark[0] == "”" else -1
        if depth == 0:
            return text[least + mark.end() : closed]
    return None


def _quoted(text: str, at: int) -> str | None:
    opening = text[at]
    closing = {"“": "”", "「": "」"}.get(opening, opening)
    depth = 1
    for mark in re.finditer(f"[{opening}{closing}]", text[at + 1 : at + _LONGEST_QUOTE]):
        depth += -1 if mark[0] == closing else 1
        if depth == 0:
            return text[at + 1 : at + 1 + mark.start()]
    return None
