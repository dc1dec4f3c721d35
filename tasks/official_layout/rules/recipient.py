"""The main recipient."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tasks.official_layout.alignment import check_blank_lines, check_indent
from tasks.official_layout.finding import Breach, Rule, Severity
from tasks.official_layout.kinds import NEEDS_RECIPIENT, NO_RECIPIENT, Kind
from tasks.official_layout.official import OfficialDocument
from tasks.official_layout.paragraphs import Paragraph, TextEdit

_CLAUSE = "7.3.2"
_END = re.compile(r"(?<![：:。，,；;、.])[：:。，,；;、.]*+$")
_SEVERAL = re.compile(r"[，,、；;]")

MISSING = Rule(
    "recipient.missing", _CLAUSE, Severity.error, "a main recipient below the title, for this kind"
)
UNNEEDED = Rule(
    "recipient.unneeded", "条例 9", Severity.warning,
    "no main recipient, for kinds that are published",
)  # fmt: skip
ONE = Rule("recipient.one", "条例 15", Severity.error, "a single main recipient for a 请示")
COLON = Rule(
    "recipient.colon", _CLAUSE, Severity.error, "a full-width colon after the last recipient",
    fixable=True, rewords=True,
)  # fmt: skip
INDENT = Rule(
    "recipient.indent", _CLAUSE, Severity.error, "the main recipient not indented", fixable=True
)
PLACE = Rule(
    "recipient.place", _CLAUSE, Severity.error, "one blank line above the main recipient",
    fixable=True,
)  # fmt: skip
RULES = (MISSING, UNNEEDED, ONE, COLON, INDENT, PLACE)


def check(official: OfficialDocument) -> Iterator[Breach]:
    paragraph, kind = official.roles.recipient, official.kind
    if paragraph is None:
        if kind in NEEDS_RECIPIENT and official.roles.title:
            yield Breach(MISSING, "none", official.roles.title[-1])
        return
    if kind in NO_RECIPIENT:
        yield Breach(UNNEEDED, paragraph.words, paragraph)
    if kind is Kind.request and _SEVERAL.search(paragraph.words.rstrip("：:。，,；;、.")):
        yield Breach(ONE, "several", paragraph)
    yield from _colon(paragraph)
    yield from check_indent(INDENT, paragraph, 0)
    if official.roles.title:
        yield from check_blank_lines(PLACE, official, official.roles.title[-1], paragraph, 1)


def _colon(paragraph: Paragraph) -> Iterator[Breach]:
    text = paragraph.text.rstrip()
    end = _END.search(text)
    if end is None or end[0] == "：":
        return
    edit = TextEdit(paragraph, end.start(), len(text), "：")
    yield Breach(COLON, end[0] or "none", paragraph, edit.start, edit.end, correction=edit)
