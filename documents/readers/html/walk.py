"""Walks the tree of a page and writes its blocks."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from functools import reduce
from typing import Protocol
from urllib.parse import unquote, urlsplit

from selectolax.lexbor import LexborNode

from documents.document import BlockKind
from documents.page.lines import join
from documents.readers.html.equations import TooDeep, linear_equation
from documents.readers.html.forms import CONTROLS, chosen, control_text
from documents.readers.html.list_numbers import ListNumbers
from documents.readers.html.raised import DOWN, END, UP, linear
from documents.readers.html.styles import (
    END_OF_DIRECTION,
    RIGHT_TO_LEFT,
    Inherited,
    Styles,
    is_reversed,
)
from documents.readers.html.tables import grid, is_data
from documents.table import Grid

_SPACES = re.compile(r"[ \t\r\n\f]+")
NOT_SHOWN = frozenset(
    (
        "head", "script", "style", "noscript", "noframes", "noembed", "template", "canvas",
        "datalist", "rp", "title"
    )
)  # fmt: skip
INLINE = frozenset(
    (
        "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn",
        "em", "font", "i", "img", "input", "ins", "kbd", "label", "mark", "meter", "nobr", "output",
        "progress", "q", "ruby", "rb", "rt", "rp", "s", "samp", "small", "span", "strike", "strong",
        "sub", "sup", "time", "tt", "u", "var", "wbr"
    )
)  # fmt: skip
_INLINE_FIELDS = frozenset(("button", "select", "textarea", "math", "svg", "image"))
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_LISTS = frozenset(("ol", "ul", "menu"))
_VERBATIM = frozenset(("pre", "listing", "xmp", "plaintext"))
_OTHER_FILES = {
    "iframe": ("frame", "the page in a frame is another document"),
    "frame": ("frame", "the page in a frame is another document"),
    "object": ("embedded object", "embedded objects are not read"),
    "embed": ("embedded object", "embedded objects are not read"),
    "applet": ("embedded object", "embedded objects are not read"),
    "audio": ("recording", "recordings are not read"),
    "video": ("recording", "recordings are not read"),
}
_NOT_DRAWN = frozenset(("title", "desc", "metadata", "style", "script"))
_BEFORE = {"sup": UP, "sub": DOWN, "q": "“"}
_AFTER = {"sup": END, "sub": END, "q": "”"}
_SMALL = 16
# Pixels that hold a place, and dots; a legible picture takes more.
_SMALL_DATA = 400
# Tables of data in each other: each takes several frames of the stack.
_MOST_TABLES = 8


class Sink(Protocol):
    """Where blocks are written: a `Draft`, or the text of a cell."""

    def add(self, text: str, kind: BlockKind = ..., *, level: int | None = ...) -> None: ...
    def add_table(self, grid: Grid) -> None: ...
    def leave_out(self, what: str, where: str, reason: str) -> None: ...


class Page:
    """What holds for a whole page. `parts` are addresses of pictures that are read elsewhere."""

    def __init__(self, root: LexborNode | None, parts: Container[str] = ()) -> None:
        self.styles = Styles(root)
        self.radios = chosen(root)
        self.parts = parts
        self.hidden: list[str] = []
        """Texts that the page does not display."""
        self.drawings: list[str] = []
        """Texts in drawings."""
        self.heading = ""


class Walk:
    """Walks a tree without recursion, because pages can be nested to any depth.

    `tables` is the number of tables of data around the tree: in several, a table is text.
    """

    def __init__(
        self,
        sink: Sink,
        page: Page,
        above: Inherited = Inherited(),  # noqa: B008 - immutable
        tables: int = 0,
    ) -> None:
        self._tables = tables
        self._sink = sink
        self._page = page
        self._above = [above]
        self._words: list[str] = []
        self._kinds = [BlockKind.paragraph]
        self._numbers: list[ListNumbers | None] = []
        self._mark = ""
        self._level: int | None = None
        self._verbatim = 0
        self._in_ruby = 0
        self._ruby: list[str] = []

    def walk(self, root: LexborNode) -> None:
        node, depth = root.child, 1
        while node is not None:
            below = self._open(node)
            if below is not None:
                node, depth = below, depth + 1
                continue
            while node is not None and node.next is None and depth > 1:
                node, depth = node.parent, depth - 1
                if node is not None:
                    self._close(node)
            node = node.next if node is not None else None
        self._flush()

    def _open(self, node: LexborNode) -> LexborNode | None:
        """Handle a node. Returns its first child if the walk continues below it."""
        tag = node.tag or ""
        if tag == "-text":
            self._text(node.text_content or "")
        elif tag == "br":
            self._words.append("\n")
        elif not (tag.startswith("-") or tag in NOT_SHOWN):
            attributes = node.attributes
            shown = self._page.styles.shown(node, tag, attributes, self._above[-1])
            if shown is not None:
                self._name_data(tag, attributes)
                return self._shown(node, tag, attributes, shown)
            self._page.hidden.append(_words_of(node))
        return None

    def _shown(
        self,
        node: LexborNode,
        tag: str,
        attributes: Mapping[str, str | None],
        shown: Inherited,
    ) -> LexborNode | None:
        if tag == "table" and self._tables < _MOST_TABLES and is_data(node):
            self._table(node, shown)
        elif tag == "rt":
            self._ruby += [_words_of(node)] * (not any(shown))
        elif tag == "rtc":
            return node.child
        elif tag in CONTROLS:
            self._field(node, tag, attributes, shown)
        elif tag in _OTHER_FILES:
            self._other_file(tag, attributes)
        elif tag in {"img", "image"}:
            self._picture(attributes)
        elif tag == "svg":
            self._drawing(node)
        elif tag == "math":
            self._equation(node)
        else:
            return self._enter(node, tag, attributes, shown)
        return None

    def _enter(
        self,
        node: LexborNode,
        tag: str,
        attributes: Mapping[str, str | None],
        shown: Inherited,
    ) -> LexborNode | None:
        if not _is_inline(tag):
            self._flush()
        if node.child is None:
            return None
        self._above.append(shown)
        self._words += (_BEFORE.get(tag, ""), RIGHT_TO_LEFT * is_reversed(tag, attributes))
        self._in_ruby += tag == "ruby"
        if tag in _LISTS:
            style = self._page.styles.list_style(node, tag, attributes)
            self._numbers.append(ListNumbers(node, attributes, style))
        elif tag == "li":
            self._kinds.append(BlockKind.list_item)
            numbers = self._numbers[-1] if self._numbers else None
            style = self._page.styles.list_style(node, tag, attributes)
            self._mark = numbers.next(attributes.get("value") or "", style) if numbers else ""
        elif tag in _HEADINGS:
            self._kinds.append(BlockKind.heading)
            self._level = int(tag[1])
        elif tag in _VERBATIM:
            self._verbatim += 1
        return node.child

    def _close(self, node: LexborNode) -> None:
        tag = node.tag or ""
        if tag == "rtc":
            return
        self._words += (END_OF_DIRECTION * is_reversed(tag, node.attributes), _AFTER.get(tag, ""))
        if not _is_inline(tag):
            self._flush()
        self._above.pop()
        self._in_ruby -= tag == "ruby"
        if tag in _LISTS:
            self._numbers.pop()
        elif tag == "li" or tag in _HEADINGS:
            self._kinds.pop()
        elif tag in _VERBATIM:
            self._verbatim -= 1

    def _text(self, text: str) -> None:
        if any(self._above[-1]):
            self._page.hidden.append(text)
            return
        if self._ruby and not self._in_ruby and text.strip():
            self._end_ruby()
        self._words.append(text if self._verbatim else _SPACES.sub(_space, text))

    def _end_ruby(self) -> None:
        """Write the readings after the words: words that a name is made of stay together."""
        readings = reduce(join, self._ruby, "")
        self._ruby.clear()
        self._words.append(f"（{readings}）" if readings else "")

    def _table(self, table: LexborNode, shown: Inherited) -> None:
        self._flush()
        states = {table.mem_id: shown}

        def is_shown(part: LexborNode) -> bool:
            around = states.get(part.parent.mem_id, shown) if part.parent else shown
            above = self._page.styles.shown(part, part.tag or "", part.attributes, around)
            if above is None:
                self._page.hidden.append(_words_of(part))
                return False
            states[part.mem_id] = above
            return True

        def text_of(cell: LexborNode) -> str | None:
            if not is_shown(cell):
                return None
            words = _CellText(self._sink)
            Walk(words, self._page, states[cell.mem_id], self._tables + 1).walk(cell)
            return words.text

        for caption in table.iter():
            if caption.tag == "caption":
                self._sink.add(text_of(caption) or "")
        self._sink.add_table(grid(table, text_of, is_shown))

    def _field(
        self, node: LexborNode, tag: str, attributes: Mapping[str, str | None], shown: Inherited
    ) -> None:
        text = control_text(node, tag, attributes, self._page.radios)
        if any(shown) or (attributes.get("type") or "").strip().lower() == "hidden":
            self._page.hidden.append(attributes.get("value") or text)
        elif (attributes.get("type") or "").strip().lower() == "image":
            self._picture(attributes)
        else:
            self._words.append(text)

    def _other_file(self, tag: str, attributes: Mapping[str, str | None]) -> None:
        what, reason = _OTHER_FILES[tag]
        names = ("src", "data", "title", "name", "type")
        address = next((value for name in names if (value := attributes.get(name))), "")
        if address or attributes.get("srcdoc"):
            self._leave_out(what, _named(address), reason)

    def _picture(self, attributes: Mapping[str, str | None]) -> None:
        source = (attributes.get("src") or "").strip()
        is_inside = source[:5].lower() == "data:"
        is_small = any(_pixels(attributes.get(name)) <= _SMALL for name in ("width", "height"))
        if not source or is_small or (is_inside and len(source) < _SMALL_DATA):
            return
        if source in self._page.parts:
            return
        words = (attributes.get("alt") or attributes.get("title") or "").strip()
        reason = "pictures in HTML are not read" if is_inside else "the picture is in another file"
        self._leave_out("picture", words or _named(source), reason)

    def _name_data(self, tag: str, attributes: Mapping[str, str | None]) -> None:
        """Name files and pictures that a link or a style has in its address."""
        link, style = attributes.get("href") or "", attributes.get("style") or ""
        if tag == "a" and link[:5].lower() == "data:" and len(link) >= _SMALL_DATA:
            self._leave_out("file", attributes.get("download") or "", "it is in a link's address")
        if len(style) >= _SMALL_DATA and "data:image" in style:
            self._leave_out("picture", "background", "pictures in HTML are not read")

    def _drawing(self, node: LexborNode) -> None:
        """Keep the texts of a drawing; the parts of one text are joined."""
        texts: list[str] = []
        for part in node.traverse(include_text=True):
            words = " ".join((part.text_content or "").split()) if part.tag == "-text" else ""
            around = part.parent.tag if part.parent else ""
            if words and around not in _NOT_DRAWN:
                is_part = around == "tspan" and texts
                texts.append(join(texts.pop(), words) if is_part else words)
        self._page.drawings += texts

    def _equation(self, node: LexborNode) -> None:
        try:
            text = linear_equation(node)
        except TooDeep:
            self._leave_out("equation", "", "the equation is nested too deeply")
        else:
            self._words.append(f" {text} " if any(map(str.isalnum, text)) else text)

    def _leave_out(self, what: str, name: str, reason: str) -> None:
        heading = self._page.heading
        where = ", ".join(filter(None, (name[:100], heading and f"below “{heading[:60]}”")))
        self._sink.leave_out(what, where, reason)

    def _flush(self) -> None:
        if self._ruby:
            self._end_ruby()
        text = linear(_tidy("".join(self._words)))
        self._words.clear()
        if text.strip():
            kind = self._kinds[-1]
            level = self._level if kind is BlockKind.heading else None
            if level is not None:
                self._page.heading = text
            self._sink.add(self._mark + text, kind, level=level)
            self._mark = ""


class _CellText:
    """The text of a cell, on one line."""

    def __init__(self, around: Sink) -> None:
        self._around = around
        self._words: list[str] = []

    @property
    def text(self) -> str:
        return " ".join(" ".join(self._words).split())

    def add(
        self,
        text: str,
        kind: BlockKind = BlockKind.paragraph,  # noqa: ARG002 - as a `Draft`
        *,
        level: int | None = None,  # noqa: ARG002
    ) -> None:
        self._words.append(text)

    def add_table(self, grid: Grid) -> None:
        self._words.append(grid.finish()[0])

    def leave_out(self, what: str, where: str, reason: str) -> None:
        self._around.leave_out(what, where, reason)


def _is_inline(tag: str) -> bool:
    return tag in INLINE or tag in _INLINE_FIELDS


def _space(match: re.Match[str]) -> str:
    """White space is one space. A line end is kept as `\\r` until the lines are joined."""
    return "\r" if "\n" in match.group() or "\r" in match.group() else " "


def _tidy(text: str) -> str:
    lines = []
    for line in text.split("\n"):
        parts = [part for part in line.split("\r") if part.strip()]
        lines.append(re.sub(r" {2,}", " ", reduce(join, parts, "")).strip())
    return "\n".join(lines).strip()


def _words_of(node: LexborNode) -> str:
    """All text in an element, on one line, without programs and styles."""
    texts = (
        part.text_content or ""
        for part in node.traverse(include_text=True)
        if part.tag == "-text" and (part.parent is None or part.parent.tag not in NOT_SHOWN)
    )
    return " ".join("".join(texts).split())


def _named(address: str) -> str:
    """The file name in an address, for a person."""
    if address[:5].lower() == "data:":
        return ""
    try:
        path = urlsplit(address).path
    except ValueError:
        return ""
    return unquote(path).rstrip("/").rpartition("/")[2]


def _pixels(length: str | None) -> float:
    match = re.match(r"\s*(\d{1,6})(?!\d*\s*%)", length or "")
    return float(match[1]) if match else float("inf")
