"""The main recipient."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tasks.official_layout.finding import Found, Rule, Severity
from tasks.official_layout.kinds import NEEDS_RECIPIENT, NO_RECIPIENT, Kind
from tasks.official_layout.official import Official
from tasks.official_layout.paragraphs import Paragraph, TextEdit
from tasks.official_layout.placing import blank_lines, indented

_CLAUSE = "7.3.2"
_END = re.compile(r"[：:。，,；;、.]*$")
_SEVERAL = re.compile(r"[，,、；;]")

MISSING = Rule(
    "recipient.missing", _CLAUSE, Severity.error, "a main recipient below the title of this kind"
)
UNNEEDED = Rule(
    "recipient.unneeded", "条例 9", Severity.warning,
    "no main recipient where a kind is published to everybody",
)  # fmt: skip
ONE = Rule("recipient.one", "条例 15", Severity.error, "one main recipient for a 请示")
COLON = Rule(
    "recipient.colon", _CLAUSE, Severity.error, "a full-width colon after the last recipient",
    fixable=True, rewords=True,
)  # fmt: skip
INDENT = Rule(
    "recipient.indent", _CLAUSE, Severity.error, "the main recipient flush left", fixable=True
)
PLACE = Rule(
    "recipient.place", _CLAUSE, Severity.error, "one blank line between title and main recipient",
    fixable=True,
)  # fmt: skip
RULES = (MISSING, UNNEEDED, ONE, COLON, INDENT, PLACE)


def check(official: Official) -> Iterator[Found]:
    paragraph, kind = official.roles.recipient, official.kind
    if paragraph is None:
        if kind in NEEDS_RECIPIENT and official.roles.title:
            yield Found(MISSING, "none", official.roles.title[-1])
        return
    if kind in NO_RECIPIENT:
        yield Found(UNNEEDED, paragraph.words, paragraph)
    if kind is Kind.request and _SEVERAL.search(paragraph.words.rstrip("：:。，,；;、.")):
        yield Found(ONE, "several", paragraph)
    yield from _colon(paragraph)
    yield from indented(INDENT, paragraph, 0)
    if official.roles.title:
        yield from blank_lines(PLACE, official, official.roles.title[-1], paragraph, 1)


def _colon(paragraph: Paragraph) -> Iterator[Found]:
    text = paragraph.text.rstrip()
    found = _END.search(text)
    if found is None or found[0] == "：":
        return
    start = found.start()
    mend = TextEdit(paragraph, start, len(text), "：")
    yield Found(COLON, found[0] or "none", paragraph, start, len(text), mend=mend)
