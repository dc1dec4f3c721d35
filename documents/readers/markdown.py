"""Markdown: CommonMark with tables and strikethrough."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from documents.document import BlockKind, Document
from documents.draft import Draft
from documents.errors import CorruptDocument
from documents.limits import ReadLimits
from documents.page.lines import join
from documents.readers.html import fill
from documents.readers.text import decoded

MEDIA_TYPE = "text/markdown"
_SENTENCE_ENDS = ("。", "；", "：", "！", "？")


def read(path: Path, limits: ReadLimits) -> Document:
    """Read the text of a Markdown file, without markup. Raises a `DocumentError`."""
    draft = Draft(limits)
    source = decoded(path, limits)
    try:
        tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(source)
    except RecursionError as error:
        raise CorruptDocument("The Markdown is nested too deeply. Simplify it.") from error
    _Writer(draft).write(iter(tokens))
    return draft.finish(MEDIA_TYPE)


class _Writer:
    """Converts tokens to blocks."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._kind = BlockKind.paragraph
        self._level: int | None = None
        self._mark = ""

    def write(self, tokens: Iterator[Token]) -> None:
        for token in tokens:
            if token.type == "table_open":
                self._draft.add(_table(tokens), BlockKind.table)
            elif token.type == "html_block":
                fill(self._draft, token.content)
            elif token.type in {"code_block", "fence"}:
                self._add(token.content)
            elif token.type == "inline":
                self._add(_words(token))
            else:
                self._enter(token)

    def _enter(self, token: Token) -> None:
        if token.type == "heading_open":
            self._kind, self._level = BlockKind.heading, int(token.tag[1])
        elif token.type == "list_item_open":
            self._kind = BlockKind.list_item
            # Numbers are part of the text, bullets are not.
            self._mark = f"{token.info}{token.markup} " if token.info else ""

    def _add(self, text: str) -> None:
        self._draft.add(self._mark + text if text.strip() else "", self._kind, level=self._level)
        self._kind, self._level, self._mark = BlockKind.paragraph, None, ""


def _table(tokens: Iterator[Token]) -> str:
    rows: list[list[str]] = []
    for token in tokens:
        if token.type == "table_close":
            break
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            rows[-1].append(" ".join(_words(token).split()))
    return "\n".join("\t".join(row) for row in rows)


def _words(inline: Token) -> str:
    """The text of a paragraph. A line break after a Chinese sentence is kept."""
    lines = [""]
    for token in inline.children or []:
        if token.type == "softbreak" and not lines[-1].rstrip().endswith(_SENTENCE_ENDS):
            lines.append("")
            continue
        lines[-1] += _word(token)
    text = ""
    for line in lines:
        text = join(text, line)
    return text


def _word(token: Token) -> str:
    if token.type in {"softbreak", "hardbreak"}:
        return "\n"
    if token.type == "html_inline":
        return "\n" if token.content.lower().startswith("<br") else ""
    return token.content
