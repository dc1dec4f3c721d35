"""What each kind of document must say, and may not.

From 《党政机关公文处理工作条例》 (2012, 条例 in clauses), as copies give it, and from usage.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tasks.official_layout.finding import Found, Rule, Severity
from tasks.official_layout.kinds import Kind
from tasks.official_layout.official import Official

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
    "a 请示 that asks: 妥否，请批示 or the like near its end",
)  # fmt: skip
ONE_MATTER = Rule("request.one_matter", "条例 15", Severity.warning, "a 请示 about one matter")
NO_REQUEST = Rule("report.no_request", "条例 15", Severity.error, "a 报告 without a request")
MIXED = Rule("title.mixed", "条例 8", Severity.error, "one kind in a title, not two mixed")
RECEIVED = Rule(
    "reply.received", "usage", Severity.warning,
    "a 批复 that names what it replies to: …的请示收悉",
)  # fmt: skip
REPLY_SAYS = Rule(
    "reply.says", "条例 8", Severity.warning, "a 批复 that says 同意, 批复如下 or 此复"
)
LETTER_ENDS = Rule(
    "letter.ends",
    "usage",
    Severity.warning,
    "a 函 that says what it wants: 特此函告, 请函复 or such",
)
PROPOSAL_ASKS = Rule(
    "proposal.asks", "条例 8", Severity.error, "a 议案 that asks for deliberation: 请审议"
)
RULES = (
    ASKS, ONE_MATTER, NO_REQUEST, MIXED, RECEIVED, REPLY_SAYS, LETTER_ENDS, PROPOSAL_ASKS,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Breach:
    """`paragraph` is the index of the one that it is about; without `start` it is all of it."""

    rule: Rule
    found: str
    paragraph: int
    start: int = 0
    end: int | None = None


def check(official: Official) -> Iterator[Found]:
    for line in official.roles.title:
        for breach in title_breaches(line.text):
            yield Found(breach.rule, breach.found, line, breach.start, breach.end)
    text = official.roles.text
    if official.kind is not None:
        for breach in breaches(official.kind, [paragraph.text for paragraph in text]):
            paragraph = text[breach.paragraph]
            yield Found(breach.rule, breach.found, paragraph, breach.start, breach.end)


def title_breaches(title: str) -> Iterator[Breach]:
    found = _MIXED.search(title)
    if found is not None:
        yield Breach(MIXED, found[0], 0, *found.span())


def breaches(kind: Kind, text: Sequence[str]) -> Iterator[Breach]:
    """What the paragraphs of a document of that kind say that they may not, or do not say."""
    if not text:
        return
    last = len(text) - 1
    if kind is Kind.request:
        yield from _absent(ASKS, _ASKS, text[-4:], "nothing asked", last)
        yield from _present(ONE_MATTER, _ANOTHER, text)
    elif kind is Kind.report:
        yield from _present(NO_REQUEST, _REQUESTS, text)
    elif kind is Kind.reply:
        yield from _absent(RECEIVED, _RECEIVED, text[:2], "nothing named", 0)
        yield from _absent(REPLY_SAYS, _REPLY_ENDS, text, "none of them", last)
    elif kind is Kind.letter:
        yield from _absent(LETTER_ENDS, _LETTER_ENDS, text, "none of them", last)
    elif kind is Kind.proposal:
        yield from _absent(PROPOSAL_ASKS, _DELIBERATE, text, "nothing asked", last)


def _absent(
    rule: Rule, pattern: re.Pattern[str], text: Sequence[str], found: str, at: int
) -> Iterator[Breach]:
    if not any(pattern.search(paragraph) for paragraph in text):
        yield Breach(rule, found, at)


def _present(rule: Rule, pattern: re.Pattern[str], text: Sequence[str]) -> Iterator[Breach]:
    for index, paragraph in enumerate(text):
        for found in pattern.finditer(paragraph):
            yield Breach(rule, found[0], index, *found.span())
