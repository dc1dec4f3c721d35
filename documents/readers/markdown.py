"""Markdown: CommonMark with tables and strikethrough."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_block import reference as link_definition
from markdown_it.token import Token

from documents.document import BlockKind, Document
from documents.draft import Draft
from documents.errors import CorruptDocument
from documents.limits import ReadLimits
from documents.page.lines import join
from documents.readers.html import fill
from documents.readers.html.forms import TICKED, UNTICKED
from documents.readers.html.raised import DOWN, END, UP, linear
from documents.readers.text import decoded
from documents.table import Grid

MEDIA_TYPE = "text/markdown"
_TASK = re.compile(r"\[([ xX])\](?=\s)")
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_MARKS = {
    ("", "sup"): UP,
    ("", "sub"): DOWN,
    ("/", "sup"): END,
    ("/", "sub"): END,
    ("", "br"): "\n",
}
_SENTENCE_ENDS = ("。", "；", "：", "！", "？")


def read(path: Path, limits: ReadLimits) -> Document:
    """Read the text of a Markdown file, without markup. Raises a `DocumentError`."""
    draft = Draft(limits)
    source = decoded(path, limits, draft)
    try:
        tokens = _parser().parse(source)
    except RecursionError as error:
        raise CorruptDocument("The Markdown is nested too deeply. Simplify it.") from error
    _Writer(draft, hidden=limits.hidden).write(iter(tokens))
    return draft.finish(MEDIA_TYPE)


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])

    def reference(state: StateBlock, line: int, end: int, silent: bool) -> bool:  # noqa: FBT001
        """The definition of a link, but not a footnote, whose text would be lost."""
        start = state.bMarks[line] + state.tShift[line]
        is_note = state.src.startswith("[^", start)
        return not is_note and link_definition(state, line, end, silent)

    parser.block.ruler.at("reference", reference)
    return parser


class _Writer:
    """Converts tokens to blocks."""

    def __init__(self, draft: Draft, *, hidden: bool) -> None:
        self._draft = draft
        self._hidden = hidden
        self._kind = BlockKind.paragraph
        self._level: int | None = None
        self._mark = ""

    def write(self, tokens: Iterator[Token]) -> None:
        for token in tokens:
            if token.type == "table_open":
                self._draft.add_table(self._table(tokens))
            elif token.type == "html_block":
                fill(self._draft, token.content, hidden=self._hidden)
            elif token.type in {"code_block", "fence"}:
                self._add(token.content)
            elif token.type == "inline":
                self._add(self._item(self._words(token)))
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

    def _item(self, text: str) -> str:
        """A list item that begins with a box, ticked or not (GitHub's task lists)."""
        match = _TASK.match(text)
        if match is None or self._kind is not BlockKind.list_item:
            return text
        return (UNTICKED if match[1] == " " else TICKED) + text[match.end() :]

    def _table(self, tokens: Iterator[Token]) -> Grid:
        grid, row = Grid(head_rows=1), list[tuple[str, int, int]]()
        for token in tokens:
            if token.type == "table_close":
                break
            if token.type == "tr_close":
                grid.add_row(row)
                row = []
            elif token.type == "inline":
                row.append((self._words(token), 1, 1))
        return grid

    def _words(self, inline: Token) -> str:
        """The text of a paragraph. A line break after a Chinese sentence is kept."""
        lines = [""]
        for token in inline.children or []:
            if token.type == "softbreak" and not lines[-1].rstrip().endswith(_SENTENCE_ENDS):
                lines.append("")
                continue
            lines[-1] += self._word(token)
        text = ""
        for line in lines:
            text = join(text, line)
        return linear(text)

    def _word(self, token: Token) -> str:
        if token.type in {"softbreak", "hardbreak"}:
            return "\n"
        if token.type == "html_inline":
            return _markup(token.content)
        if token.type == "image":
            self._draft.leave_out("picture", token.content[:100], "the picture is in another file")
        return token.content


def _markup(tag: str) -> str:
    """What a tag in a line says: a line break, a script, or a box that is ticked or not."""
    match = _TAG.match(tag)
    if match is None:
        return ""
    name = match[2].lower()
    if name == "input" and re.search(
        r"\btype\s*=\s*[\"']?(?:checkbox|radio)\b", tag, re.IGNORECASE
    ):
        return TICKED if re.search(r"\schecked\b", tag, re.IGNORECASE) else UNTICKED
    return _MARKS.get((match[1], name), "")
