"""Required and forbidden wording of each kind of document.

Sources: 《党政机关公文处理工作条例》 (2012; 条例 in clauses), from copies, and usual practice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tasks.official_layout.finding import Breach, Rule, Severity
from tasks.official_layout.kinds import Kind
from tasks.official_layout.official import OfficialDocument

_ASKS = re.compile(
    r"(?:妥否|当否|可否|是否妥当|是否可行|以上请示|特此请示)[^。]{0,12}(?:批示|批准|审批|批复|指示|审定|审核|请示)"
    r"|请(?:予|予以)?(?:批示|批准|审批|批复|审定)"
)
_REQUESTS = re.compile(
    r"(?:妥否|当否|可否)[^。]{0,4}[，,]?请[^。]{0,6}(?:批示|批准|审批|批复|指示)"
    r"|请(?:予|予以)?(?:批示|批准|审批|批复|指示|解决|支持|拨付)|恳请|请求|请示如下"
)
_ANOTHER = re.compile(
    r"(?:另外|此外|另|同时|一并)[，,]?(?:还)?(?:拟)?(?:请示|申请|请求|恳请|请予|请批准)"
)
_MIXED = re.compile(r"请示报告|报告请示|请示的报告|请示的函|申请报告")
_RECEIVED = re.compile(r"收悉|来函|来文|来电")
_LETTER_ENDS = re.compile(
    r"函告|函达|函复|函商|函请|函询|复函|请复|盼复|为荷|为盼|此复|请予|请研究|特此函|请函复|专此"
)
_DELIBERATE = re.compile(r"请[^。]{0,6}审议")
_REPLY_ENDS = re.compile(r"此复|特此批复|批复如下|同意|不同意")

ASKS = Rule(
    "request.asks", "条例 8", Severity.error,
    "a 请示 that ends with a request such as 妥否，请批示",
)  # fmt: skip
ONE_MATTER = Rule("request.one_matter", "条例 15", Severity.warning, "a 请示 about a single matter")
NO_REQUEST = Rule("report.no_request", "条例 15", Severity.error, "a 报告 without a request")
MIXED = Rule("title.mixed", "条例 8", Severity.error, "a single kind in the title")
RECEIVED = Rule(
    "reply.received", "usage", Severity.warning,
    "a 批复 that names the request: …的请示收悉",
)  # fmt: skip
REPLY_SAYS = Rule("reply.says", "条例 8", Severity.warning, "a 批复 with 同意, 批复如下 or 此复")
LETTER_ENDS = Rule(
    "letter.ends",
    "usage",
    Severity.warning,
    "a 函 that states its purpose, such as 特此函告 or 请函复",
)
PROPOSAL_ASKS = Rule(
    "proposal.asks", "条例 8", Severity.error, "a 议案 that asks for deliberation, such as 请审议"
)
RULES = (
    ASKS, ONE_MATTER, NO_REQUEST, MIXED, RECEIVED, REPLY_SAYS, LETTER_ENDS, PROPOSAL_ASKS,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class WordingBreach:
    """`paragraph` is the index of the paragraph; `end` None means its end."""

    rule: Rule
    found: str
    paragraph: int
    start: int = 0
    end: int | None = None


def check(official: OfficialDocument) -> Iterator[Breach]:
    for line in official.roles.title:
        for breach in title_breaches(line.text):
            yield Breach(breach.rule, breach.found, line, breach.start, breach.end)
    text = official.roles.text
    if official.kind is not None:
        for breach in breaches(official.kind, [paragraph.text for paragraph in text]):
            paragraph = text[breach.paragraph]
            yield Breach(breach.rule, breach.found, paragraph, breach.start, breach.end)


def title_breaches(title: str) -> Iterator[WordingBreach]:
    match = _MIXED.search(title)
    if match is not None:
        yield WordingBreach(MIXED, match[0], 0, *match.span())


def breaches(kind: Kind, text: Sequence[str]) -> Iterator[WordingBreach]:
    """Yields forbidden and missing wording of a document of that kind."""
    if not text:
        return
    last = len(text) - 1
    if kind is Kind.request:
        yield from _absent(ASKS, _ASKS, text[-4:], "no request", last)
        yield from _present(ONE_MATTER, _ANOTHER, text)
    elif kind is Kind.report:
        yield from _present(NO_REQUEST, _REQUESTS, text)
    elif kind is Kind.reply:
        yield from _absent(RECEIVED, _RECEIVED, text[:2], "no reference to the request", 0)
        yield from _absent(REPLY_SAYS, _REPLY_ENDS, text, "none", last)
    elif kind is Kind.letter:
        yield from _absent(LETTER_ENDS, _LETTER_ENDS, text, "none", last)
    elif kind is Kind.proposal:
        yield from _absent(PROPOSAL_ASKS, _DELIBERATE, text, "no request", last)


def _absent(
    rule: Rule, pattern: re.Pattern[str], text: Sequence[str], found: str, at: int
) -> Iterator[WordingBreach]:
    if not any(pattern.search(paragraph) for paragraph in text):
        yield WordingBreach(rule, found, at)


def _present(rule: Rule, pattern: re.Pattern[str], text: Sequence[str]) -> Iterator[WordingBreach]:
    for index, paragraph in enumerate(text):
        for match in pattern.finditer(paragraph):
            yield WordingBreach(rule, match[0], index, *match.span())
