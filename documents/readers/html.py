"""HTML: the text that a browser without scripts shows."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import reduce
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from documents.document import BlockKind, Document
from documents.draft import Draft
from documents.errors import CorruptDocument
from documents.limits import ReadLimits
from documents.page.lines import join
from documents.readers.text.encoding import decode_as, read_text

MEDIA_TYPE = "text/html"

_CHARSET = re.compile(
    rb"""<meta[^>]{0,200}?charset\s*+=\s*+["']?\s*+([\w.:-]{2,40})""", re.IGNORECASE
)
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_SPACES = re.compile(r"[ \t\r\n\f]+")
_NOT_SHOWN = frozenset(
    [
        "head",
        "script",
        "style",
        "noscript",
        "template",
        "iframe",
        "object",
        "svg",
        "canvas",
        "audio",
        "video",
        "button",
        "select",
        "datalist",
        "textarea",
        "rt",
        "rp",
    ]
)
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
INLINE = frozenset(
    [
        "a",
        "abbr",
        "acronym",
        "b",
        "bdi",
        "bdo",
        "big",
        "cite",
        "code",
        "data",
        "del",
        "dfn",
        "em",
        "font",
        "i",
        "img",
        "input",
        "ins",
        "kbd",
        "label",
        "mark",
        "meter",
        "nobr",
        "output",
        "progress",
        "q",
        "ruby",
        "rb",
        "rt",
        "rp",
        "s",
        "samp",
        "small",
        "span",
        "strike",
        "strong",
        "sub",
        "sup",
        "time",
        "tt",
        "u",
        "var",
        "wbr",
    ]
)
_LISTS = frozenset(("ol", "ul", "menu"))
# The parser compares each attribute of a tag with all before it.
_MOST_ATTRIBUTES = 1_000
_ATTRIBUTE = r"[\s/]*+[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|(?![\"'])[^\s>]*+))?+"
_MANY_ATTRIBUTES = re.compile(rf"(?:{_ATTRIBUTE}){{{_MOST_ATTRIBUTES + 1}}}")
_TAG = re.compile(
    rf"<!--.*?(?:-->|\Z)|<(script|style|textarea|title)\b.*?(?:</\1|\Z)"
    rf"|<[a-zA-Z][^\s/>]*+(?P<attributes>(?:{_ATTRIBUTE})*+)",
    re.DOTALL | re.IGNORECASE,
)
_VERBATIM = frozenset(("pre", "listing", "xmp", "plaintext"))


def read(path: Path, limits: ReadLimits) -> Document:
    """Read a web page. Raises a `DocumentError`."""
    draft = Draft(limits)
    fill(draft, markup_of(path.read_bytes()))
    return draft.finish(MEDIA_TYPE)


def markup_of(data: bytes) -> str:
    """The source of a page, in the encoding that it declares. Raises `UnsupportedDocument`."""
    declared = _CHARSET.search(data[:4096])
    named = declared and decode_as(data, declared.group(1).decode("ascii", errors="replace"))
    return named or read_text(data)


def parsed(markup: str) -> LexborHTMLParser:
    """The tree of a page. Raises `CorruptDocument`, also for a tag with very many attributes."""
    for tag in _TAG.finditer(markup):
        attributes = tag["attributes"] or ""
        # An attribute has at least two characters, with what separates it from the next.
        if len(attributes) > 2 * _MOST_ATTRIBUTES and _MANY_ATTRIBUTES.match(attributes):
            raise CorruptDocument(
                f"A tag of the HTML has more than {_MOST_ATTRIBUTES:,} attributes. Save the page "
                "again."
            )
    try:
        return LexborHTMLParser(markup)
    except SelectolaxError as error:
        raise CorruptDocument("The HTML cannot be parsed. Save the page again.") from error


def fill(draft: Draft, markup: str) -> None:
    """Add the blocks of a page or a fragment to `draft`. Raises `CorruptDocument`."""
    body = parsed(markup).body
    if body is not None:
        _Walk(lambda text, kind, level: draft.add(text, kind, level=level)).walk(body)


class _Walk:
    """Walks a tree without recursion, because pages can be nested to any depth."""

    def __init__(self, add: Callable[[str, BlockKind, int | None], None]) -> None:
        self._add = add
        self._words: list[str] = []
        self._kinds = [BlockKind.paragraph]
        self._numbers: list[int | None] = []
        self._mark = ""
        self._level: int | None = None
        self._verbatim = 0

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
            self._words.append(self._spaced(node.text_content or ""))
        elif tag == "br":
            self._words.append("\n")
        elif not is_shown(node, tag):
            return None
        elif tag == "table" and _is_data(node):
            self._flush()
            self._add("\n".join(_rows(node)), BlockKind.table, None)
        else:
            return self._enter(node, tag)
        return None

    def _enter(self, node: LexborNode, tag: str) -> LexborNode | None:
        if tag not in INLINE:
            self._flush()
        if node.child is None:
            return None
        if tag in _LISTS:
            self._numbers.append(_first_number(node) if tag == "ol" else None)
        elif tag == "li":
            self._kinds.append(BlockKind.list_item)
            self._mark = self._next_number()
        elif tag in _HEADINGS:
            self._kinds.append(BlockKind.heading)
            self._level = int(tag[1])
        elif tag in _VERBATIM:
            self._verbatim += 1
        return node.child

    def _close(self, node: LexborNode) -> None:
        tag = node.tag or ""
        if tag not in INLINE:
            self._flush()
        if tag in _LISTS:
            self._numbers.pop()
        elif tag == "li" or tag in _HEADINGS:
            self._kinds.pop()
        elif tag in _VERBATIM:
            self._verbatim -= 1

    def _spaced(self, text: str) -> str:
        return text if self._verbatim else _SPACES.sub(_space, text)

    def _next_number(self) -> str:
        """The number that a browser shows before an item of an ordered list."""
        number = self._numbers[-1] if self._numbers else None
        if number is None:
            return ""
        self._numbers[-1] = number + 1
        return f"{number}. "

    def _flush(self) -> None:
        text = _tidy("".join(self._words))
        self._words.clear()
        if text:
            kind = self._kinds[-1]
            level = self._level if kind is BlockKind.heading else None
            self._add(self._mark + text, kind, level)
            self._mark = ""


def is_shown(node: LexborNode, tag: str) -> bool:
    if tag.startswith("-") or tag in _NOT_SHOWN:
        return False
    attributes = node.attributes
    if "hidden" in attributes or attributes.get("aria-hidden") == "true":
        return False
    return not _HIDDEN_STYLE.search(attributes.get("style") or "")


def _space(match: re.Match[str]) -> str:
    """White space is one space. A line end is kept as `\\r` until the lines are joined."""
    return "\r" if "\n" in match.group() or "\r" in match.group() else " "


def _tidy(text: str) -> str:
    lines = []
    for line in text.split("\n"):
        parts = [part for part in line.split("\r") if part.strip()]
        lines.append(re.sub(r" {2,}", " ", reduce(join, parts, "")).strip())
    return "\n".join(lines).strip()


def _first_number(items: LexborNode) -> int:
    start = items.attributes.get("start") or ""
    return int(start) if re.fullmatch(r"[0-9]{1,6}", start) else 1


def _is_data(table: LexborNode) -> bool:
    """Whether a table holds data. Many pages use tables only for layout."""
    if any(part != table for part in table.css("table, h1, h2, h3, h4, h5, h6")):
        return False
    rows = table.css("tr")
    return len(rows) > 1 and any(len(_cells(row)) > 1 for row in rows)


def _rows(table: LexborNode) -> Iterator[str]:
    for row in table.css("caption, tr"):
        if is_shown(row, row.tag or ""):
            yield _cell(row) if row.tag == "caption" else "\t".join(map(_cell, _cells(row)))


def _cells(row: LexborNode) -> list[LexborNode]:
    return [cell for cell in row.iter() if cell.tag in {"td", "th"}]


def _cell(cell: LexborNode) -> str:
    if not is_shown(cell, cell.tag or ""):
        return ""
    words: list[str] = []
    _Walk(lambda text, *_: words.append(text)).walk(cell)
    return " ".join(" ".join(words).split())
