"""The title."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tasks.official_layout.alignment import check_blank_lines, check_centred
from tasks.official_layout.finding import Breach, Rule, Severity
from tasks.official_layout.fonts import XIAOBIAOSONG, wrong_size, wrong_typeface
from tasks.official_layout.kinds import Kind, kind_of_title
from tasks.official_layout.official import OfficialDocument
from tasks.official_layout.paragraphs import Paragraph, TextEdit

_POINTS = 22
_WITHOUT_SUBJECT = frozenset(
    (Kind.order, Kind.announcement, Kind.public_notice, Kind.communique, Kind.minutes,
     Kind.resolution)
)  # fmt: skip
_FORBIDDEN_MARKS = re.compile(r"[，。；：！？,;:!?]")
_END_STOP = re.compile(r"(?<![，。；：！？,.;:!?、])[，。；：！？,.;:!?、]++$")

KIND = Rule(
    "title.kind", "条例 8, 9", Severity.error,
    "a title that ends with one of the fifteen kinds",
)  # fmt: skip
SUBJECT = Rule(
    "title.subject", "条例 9", Severity.warning,
    "a title that states the subject: 关于…的 before the kind",
)  # fmt: skip
FONT = Rule(
    "title.font", "7.3.1", Severity.error, "the title in Xiaobiaosong (小标宋)", fixable=True
)
SIZE = Rule("title.size", "7.3.1", Severity.error, "the title in size 2 (22 pt)", fixable=True)
ALIGN = Rule("title.align", "7.3.1", Severity.error, "the title centred", fixable=True)
PLACE = Rule(
    "title.place", "7.3.1", Severity.error, "two blank lines between the red line and the title",
    fixable=True,
)  # fmt: skip
STOP = Rule(
    "title.stop", "7.3.1, 15834", Severity.error, "no punctuation at the end of the title",
    fixable=True, rewords=True,
)  # fmt: skip
MARKS = Rule(
    "title.marks", "7.3.1, 15834", Severity.warning,
    "no punctuation in the title but 、, 《》, quotation marks and brackets",
)  # fmt: skip
# A document that forwards another one names that instead.
_SUBJECT_WORDS = re.compile(r"关于|(转发|批转|印发).{0,200}《")

RULES = (KIND, SUBJECT, FONT, SIZE, ALIGN, PLACE, STOP, MARKS)


def check(official: OfficialDocument) -> Iterator[Breach]:
    title, words = official.roles.title, official.roles.title_words
    if not title:
        yield Breach(KIND, "no title")
        return
    kind = kind_of_title(words)
    if kind is None:
        yield Breach(KIND, "none of the fifteen kinds", title[-1])
    elif kind not in _WITHOUT_SUBJECT and not _SUBJECT_WORDS.search(words):
        yield Breach(SUBJECT, "no 关于", title[0])
    for line in title:
        yield from wrong_typeface(FONT, line, XIAOBIAOSONG)
        yield from wrong_size(SIZE, line, _POINTS)
        yield from check_centred(ALIGN, line)
    yield from _stops(title)
    if official.roles.issue_number is not None:
        yield from check_blank_lines(PLACE, official, official.roles.issue_number, title[0], 2)


def _stops(title: list[Paragraph]) -> Iterator[Breach]:
    last = title[-1]
    end = _END_STOP.search(last.text.rstrip())
    if end is not None:
        edit = TextEdit(last, end.start(), end.end(), "")
        yield Breach(STOP, end[0], last, end.start(), end.end(), correction=edit)
    for line in title:
        most = end.start() if end is not None and line is last else len(line.text)
        for found in _FORBIDDEN_MARKS.finditer(line.text, 0, most):
            yield Breach(MARKS, found[0], line, found.start(), found.end())
