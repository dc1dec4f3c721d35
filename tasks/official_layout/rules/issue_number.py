"""The issue number, such as 国办发〔2024〕5号, and the signer."""

from __future__ import annotations

from collections.abc import Iterator

from tasks.official_layout.alignment import check_alignment
from tasks.official_layout.finding import Breach, Rule, Severity
from tasks.official_layout.kinds import UPWARD, Kind
from tasks.official_layout.official import OfficialDocument
from tasks.official_layout.paragraphs import Paragraph, TextEdit
from tasks.official_layout.roles import ISSUE_NUMBER

_CLAUSE = "7.2.5"
_GAPS = ("gap1", "gap2", "gap3", "gap4")

BRACKETS = Rule(
    "issue.brackets", _CLAUSE, Severity.error, "the year in 〔 and 〕", fixable=True, rewords=True
)
YEAR = Rule("issue.year", _CLAUSE, Severity.error, "the year with four digits")
ORDINAL = Rule(
    "issue.ordinal", _CLAUSE, Severity.error, "a number without 第", fixable=True, rewords=True
)
ZERO = Rule(
    "issue.zero", _CLAUSE, Severity.error, "a number without leading zeros", fixable=True,
    rewords=True,
)  # fmt: skip
END = Rule("issue.end", _CLAUSE, Severity.error, "号 at the end", fixable=True, rewords=True)
SPACES = Rule(
    "issue.spaces", _CLAUSE, Severity.warning, "an issue number without spaces",
    fixable=True, rewords=True,
)  # fmt: skip
ALIGN = Rule(
    "issue.align", _CLAUSE, Severity.error, "the issue number centred",
    fixable=True,
)  # fmt: skip
SIGNED_BY = Rule(
    "issue.signed_by", "7.2.6", Severity.error,
    "签发人： beside the issue number of a document to a higher authority",
)  # fmt: skip
RULES = (BRACKETS, YEAR, ORDINAL, ZERO, END, SPACES, ALIGN, SIGNED_BY)


def check(official: OfficialDocument) -> Iterator[Breach]:
    paragraph = official.roles.issue_number
    if paragraph is None:
        return
    yield from _form(paragraph)
    kind = official.kind
    if kind in UPWARD:
        if official.roles.signed_by is None:
            yield Breach(SIGNED_BY, "no 签发人", paragraph)
    elif kind is not Kind.letter and kind is not None:
        yield from check_alignment(ALIGN, paragraph, "center")


def _form(paragraph: Paragraph) -> Iterator[Breach]:
    found = ISSUE_NUMBER.match(paragraph.text, paragraph.lead)
    if found is None:
        return

    def breach(rule: Rule, start: int, end: int, new: str) -> Breach:
        words = paragraph.text[start:end]
        return Breach(rule, words or "nothing", paragraph, start, end,
                     correction=TextEdit(paragraph, start, end, new))  # fmt: skip

    if found["open"] != "〔" or found["close"] != "〕":
        start, end = found.start("open"), found.end("close")
        yield breach(BRACKETS, start, end, f"〔{found['year']}〕")
    if len(found["year"]) != 4:
        yield Breach(YEAR, found["year"], paragraph, *found.span("year"))
    if found["ordinal"]:
        yield breach(ORDINAL, *found.span("ordinal"), "")
    number = found["number"]
    if number.startswith("0") and number.strip("0"):
        yield breach(ZERO, *found.span("number"), number.lstrip("0"))
    if not found["end"]:
        yield breach(END, found.end("number"), found.end("number"), "号")
    for gap in _GAPS[:3] if not found["end"] else _GAPS:
        if found[gap]:
            yield breach(SPACES, *found.span(gap), "")
