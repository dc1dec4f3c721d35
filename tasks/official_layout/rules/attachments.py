"""The attachment note below the text, and the heading of each attachment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tasks.official_layout.alignment import check_blank_lines, check_indent, first_indent, is_near
from tasks.official_layout.finding import Breach, Rule, Severity
from tasks.official_layout.fonts import HEITI, wrong_typeface
from tasks.official_layout.official import OfficialDocument
from tasks.official_layout.paragraphs import Paragraph, TextEdit
from tasks.official_layout.roles import ATTACHMENT_ITEM, ATTACHMENT_NOTE

_CLAUSE = "7.3.4"
_STOP = re.compile(r"(?<![。；;，,、.．])[。；;，,、.．]++$")
_CHINESE_ITEM = re.compile(r"(?P<number>[一二三四五六七八九十]{1,2})\s*(?P<mark>[.．、])\s*")

FORM = Rule(
    "attachment.form", _CLAUSE, Severity.error, "附件 and a full-width colon before the names",
    fixable=True, rewords=True,
)  # fmt: skip
NUMBERS = Rule(
    "attachment.numbers", _CLAUSE, Severity.error,
    "several attachments numbered 1., 2., …; a single one not numbered",
)  # fmt: skip
MARK = Rule(
    "attachment.mark", _CLAUSE, Severity.error, "a dot after an attachment's number",
    fixable=True, rewords=True,
)  # fmt: skip
STOP = Rule(
    "attachment.stop", _CLAUSE, Severity.error, "no punctuation after an attachment's name",
    fixable=True, rewords=True,
)  # fmt: skip
INDENT = Rule(
    "attachment.indent", _CLAUSE, Severity.error, "附件： indented by two characters", fixable=True
)
PLACE = Rule(
    "attachment.place", _CLAUSE, Severity.error, "one blank line before the attachment note",
    fixable=True,
)  # fmt: skip
COUNT = Rule(
    "attachment.count", "7.3.7", Severity.warning,
    "the attachments that the note lists, with the same numbers",
)  # fmt: skip
HEAD_FONT = Rule(
    "attachment.head_font", "7.3.7", Severity.error,
    "附件 and its number above an attachment in Heiti (黑体)", fixable=True,
)  # fmt: skip
HEAD_INDENT = Rule(
    "attachment.head_indent", "7.3.7", Severity.error, "附件 above an attachment flush left",
    fixable=True,
)  # fmt: skip
RULES = (FORM, NUMBERS, MARK, STOP, INDENT, PLACE, COUNT, HEAD_FONT, HEAD_INDENT)


@dataclass(frozen=True, slots=True)
class _Item:
    """The name of one attachment; `number` is None if it has none."""

    paragraph: Paragraph
    start: int
    number: str | None
    mark: tuple[int, int] | None


def check(official: OfficialDocument) -> Iterator[Breach]:
    note = official.roles.attachment_note
    items = _items(note)
    if note:
        yield from _form(note[0])
        yield from _numbers(items)
        for item in items:
            yield from _item(item)
        yield from _indent(note[0])
        if official.roles.text:
            yield from check_blank_lines(PLACE, official, official.roles.text[-1], note[0], 1)
    yield from _heads(official, len(items))


def _items(note: list[Paragraph]) -> list[_Item]:
    """Reads the names. A paragraph without a number continues the name before it."""
    items: list[_Item] = []
    for place, paragraph in enumerate(note):
        start = paragraph.lead
        if place == 0:
            head = ATTACHMENT_NOTE.match(paragraph.text, start)
            start = head.end() if head is not None else start
        found = ATTACHMENT_ITEM.match(paragraph.text, start) or _CHINESE_ITEM.match(
            paragraph.text, start
        )
        if found is not None:
            items.append(_Item(paragraph, start, found["number"], found.span("mark")))
        elif place == 0:
            items.append(_Item(paragraph, start, None, None))
        else:
            last = items[-1]
            items[-1] = _Item(paragraph, last.start, last.number, None)
    return items


def _form(paragraph: Paragraph) -> Iterator[Breach]:
    start = paragraph.lead
    head = ATTACHMENT_NOTE.match(paragraph.text, start)
    if head is None:
        return
    words = head[0].rstrip()
    if words != "附件：":
        edit = TextEdit(paragraph, start, start + len(words), "附件：")
        yield Breach(FORM, words, paragraph, start, start + len(words), correction=edit)


def _numbers(items: list[_Item]) -> Iterator[Breach]:
    if len(items) == 1:
        if items[0].number is not None:
            yield Breach(NUMBERS, "a number for a single attachment", items[0].paragraph)
        return
    for place, item in enumerate(items, start=1):
        if item.number != str(place):
            yield Breach(NUMBERS, item.number or "no number", item.paragraph, expected=f"{place}.")


def _item(item: _Item) -> Iterator[Breach]:
    paragraph = item.paragraph
    if item.mark is not None and item.number and item.number.isdecimal():
        start, end = item.mark
        if paragraph.text[start:end] != ".":
            edit = TextEdit(paragraph, start, end, ".")
            yield Breach(MARK, paragraph.text[start:end], paragraph, start, end, correction=edit)
    text = paragraph.text.rstrip()
    stop = _STOP.search(text)
    if stop is not None and stop.start() > paragraph.lead:
        edit = TextEdit(paragraph, stop.start(), stop.end(), "")
        yield Breach(STOP, stop[0], paragraph, stop.start(), stop.end(), correction=edit)


def _indent(paragraph: Paragraph) -> Iterator[Breach]:
    """Only the first line counts: further lines of a name are indented more."""
    if not is_near(first_indent(paragraph), 2):
        yield from check_indent(INDENT, paragraph, 2)


def _heads(official: OfficialDocument, named: int) -> Iterator[Breach]:
    heads = official.roles.attachment_marks
    for paragraph in heads:
        yield from wrong_typeface(HEAD_FONT, paragraph, HEITI)
        yield from check_indent(HEAD_INDENT, paragraph, 0)
    if not heads:
        return
    numbers = [re.sub(r"\D", "", paragraph.words) for paragraph in heads]
    expected = [str(number) for number in range(1, named + 1)] if named > 1 else [""] * named
    if numbers != expected:
        found = ", ".join(paragraph.words for paragraph in heads)
        yield Breach(COUNT, found, heads[0], expected=f"{named}, as in the note")
