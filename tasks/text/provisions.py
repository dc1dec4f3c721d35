"""The structure of laws and official texts: chapters, articles, paragraphs, items.

The levels (编 章 节 条 款 项) are those of the Legislation Law of China: an article (条) has
unnumbered paragraphs (款), one a line; a paragraph may have items (项) numbered in brackets.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from documents.document import BlockKind, Document
from tasks.text.numerals import number_of

NUMERAL = r"(?:[〇零一二三四五六七八九十百千]{1,15}|\d{1,9})"
ARTICLE = rf"第{NUMERAL}条(?:之{NUMERAL})?"
_MARKDOWN = r"\s*(?:#{1,6}\s+)?"
_ARTICLE_HEAD = re.compile(rf"{_MARKDOWN}({ARTICLE})(\s|　|$|【|［|\[|（)?")
_NOT_A_HEAD = re.compile(r"规定|第|至|、|和|以及|或者|的|所|中|，|,|之")
_DIVISION = re.compile(rf"{_MARKDOWN}(第{NUMERAL}(编|分编|章|节))(?=\s|$|[^条款项规至、和的第])")
_ITEM = re.compile(rf"\s*[（(]({NUMERAL})[）)]")
_SUB_ITEM = re.compile(r"\s*\d+[.．]")
_MARK = re.compile(
    rf"\s*(第{NUMERAL}(?:编|分编|章|节)|[（(](?:{NUMERAL}|[a-z])[）)]|{NUMERAL}[、．.](?!\d)\s*"
    rf"|附件{NUMERAL}[：:])"
)
_ANNEX = re.compile(rf"\s*附件(?:{NUMERAL})?\s*(?:[：:]|$)")
_LEVELS = ("编", "分编", "章", "节")
DIVISION_LEVEL = re.compile(r"(?:分编|[编章节])$")
_Division = TypeVar("_Division")


@dataclass(frozen=True, slots=True)
class Position:
    """The position of a unit as offsets into the text; `body` is the offset after its label.

    `division` is the part, chapter and section that contain it.
    """

    start: int
    body: int
    end: int
    page: int | None = None
    label: str | None = None
    division: str | None = None


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph (款) of an article: its lines, and its items (项) by number."""

    lines: list[str]
    items: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unit:
    """An article, or a heading or paragraph outside of articles."""

    kind: str
    position: Position


def article_number(label: str) -> tuple[int, int]:
    """Parses a label: 第十二条 is (12, 0), 第十二条之一 is (12, 1)."""
    first, _, second = label.removeprefix("第").partition("条")
    return number_of(first), number_of(second.removeprefix("之")) if second else 0


def same_label(one: str | None, other: str | None) -> bool:
    """Whether two labels have the same number: 第二条 and 第2条."""
    return _numbered(one) == _numbered(other)


def _numbered(label: str | None) -> str:
    plain = "".join(unicodedata.normalize("NFKC", label or "").split())
    return re.sub(NUMERAL, lambda numeral: str(number_of(numeral[0])), plain)


def units(document: Document) -> list[Unit]:
    """Splits a document into articles, and headings and paragraphs outside of articles."""
    found: list[Unit] = []
    divisions: dict[str, str] = {}
    number = (0, 0)
    for block in document.blocks:
        text = document.text[block.start : block.end]
        page = block.page
        division = " ".join(divisions.values()) or None
        head = _article_head(text, number)
        heading = _DIVISION.match(text) if block.kind is not BlockKind.table else None
        if head is not None:
            number = article_number(head.group(1))
            body = block.start + head.end(1)
            position = Position(block.start, body, block.end, page, head.group(1), division)
            found.append(Unit("article", position))
        elif heading is not None and len(text) <= 60:
            enter_division(divisions, heading.group(2), " ".join(text.split()))
            above = " ".join(list(divisions.values())[:-1]) or None
            body = block.start + heading.end(1)
            position = Position(block.start, body, block.end, page, heading.group(1), above)
            found.append(Unit("heading", position))
        elif found and found[-1].kind == "article" and _continues(block.kind, text):
            last = found[-1].position
            position = Position(
                last.start, last.body, block.end, last.page, last.label, last.division
            )
            found[-1] = Unit("article", position)
        else:
            kind = "heading" if block.kind is BlockKind.heading else "paragraph"
            mark = _MARK.match(text)
            body = block.start + (mark.end(1) if mark else 0)
            label = mark.group(1).strip() if mark else None
            found.append(Unit(kind, Position(block.start, body, block.end, page, label, division)))
    return found


def _article_head(text: str, number: tuple[int, int]) -> re.Match[str] | None:
    """Matches the label of an article. Without a space after it, as in some PDF files, it is only
    accepted with the next number.
    """
    head = _ARTICLE_HEAD.match(text)
    if head is None or head.group(2) is not None:
        return head
    follows = article_number(head.group(1)) in ((number[0] + 1, 0), (number[0], number[1] + 1))
    return head if follows and not _NOT_A_HEAD.match(text, head.end(1)) else None


def _continues(kind: BlockKind, text: str) -> bool:
    """Whether a block after an article still belongs to it."""
    return kind is not BlockKind.heading and _ANNEX.match(text) is None


def enter_division(divisions: dict[str, _Division], level: str, division: _Division) -> None:
    """Enters a division; leaves the divisions of the same and lower levels."""
    for below in _LEVELS[_LEVELS.index(level) :]:
        divisions.pop(below, None)
    divisions[level] = division


def paragraphs(lines: Iterable[str]) -> list[Paragraph]:
    """Groups the lines of an article, without its label, into paragraphs."""
    found: list[Paragraph] = []
    items: dict[int, list[str]] = {}
    last = 0
    for line in lines:
        item = _ITEM.match(line)
        if found and item is not None:
            number = number_of(item.group(1))
            items[number], last = [line[item.end() :]], max(last, number)
        elif found and items and _SUB_ITEM.match(line):
            items[last].append(line)
        else:
            _give_items(found, items)
            items, last = {}, 0
            found.append(Paragraph([]))
        found[-1].lines.append(line)
    _give_items(found, items)
    return found


def _give_items(found: Sequence[Paragraph], items: Mapping[int, Sequence[str]]) -> None:
    """Gives the lines of items, by number, to the last paragraph."""
    if items:
        found[-1].items.update({number: "\n".join(lines) for number, lines in items.items()})


def lines_of(document: Document, position: Position) -> Iterator[str]:
    for line in document.text[position.body : position.end].split("\n"):
        if line.strip():
            yield line
