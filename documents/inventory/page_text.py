"""The running text of a page as it may be seen: with the words of pictures, fields and styles in
it, and without annotations and deleted words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from selectolax.lexbor import LexborNode, SelectolaxError

from documents.inventory.encodings import decoded
from documents.inventory.entry import Entry, EntryKind, Unread, unread
from documents.readers.html import INLINE

ANNOTATIONS = frozenset(("rt", "rtc", "rp", "del", "s", "strike"))
"""Elements whose text is no part of the words around them."""
VALUES: Mapping[str, str] = {"img": "alt", "input": "value"}
"""The attribute that an element shows as text."""
_NO_TEXT = frozenset(("script", "style", "template", "head"))
_RULE = re.compile(r"([^{};]{1,1000})\{([^{}]{0,4000})")
_CONTENT = re.compile(r"(?<![\w-])content\s{0,9}:([^;]{1,1000})", re.IGNORECASE)
_TOKEN = re.compile(
    r"\"((?:\\.|[^\"\\])*+)\"|'((?:\\.|[^'\\])*+)'|attr\(\s{0,9}([\w-]{1,60})", re.IGNORECASE
)
_PSEUDO = re.compile(r"::?(before|after)\s{0,9}\Z", re.IGNORECASE)
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
# Characters of icon fonts are none of these.
_WORD = re.compile(r"\w")
_MOST_RULES, _MOST_ELEMENTS = 500, 50_000


class _Generated(NamedTuple):
    """What a style writes before and after the text of elements, by their `mem_id`."""

    before: dict[int, str]
    after: dict[int, str]
    is_whole: bool


def running_texts(root: LexborNode, sheets: str = "") -> Iterator[Entry]:
    """Yield the text with what attributes and styles show in it, and the text without annotations,
    where these differ from the text of the page. `sheets`: further style sheets.
    """
    generated = _generated(root, sheets)
    if not generated.is_whole:
        yield unread("style", Unread.counted)
    seen: list[str] = []
    base: list[str] = []
    has_values, apart = False, 0
    for node, is_end in _walked(root):
        tag = node.tag or ""
        if tag == "-text":
            text = node.text_content or ""
            seen.append(text)
            base += [text] * (not apart)
            continue
        words = (generated.after if is_end else generated.before).get(node.mem_id, "")
        if not is_end and tag in VALUES:
            words += node.attributes.get(VALUES[tag]) or ""
        has_values = has_values or bool(words)
        apart += (tag in ANNOTATIONS) * (-1 if is_end else 1)
        between = "" if tag in INLINE else "\n"
        seen += (words, between) if is_end else (between, words)
        base.append(between)
    if has_values:
        yield Entry("text with values and styles", decoded("".join(seen)), EntryKind.hidden)
    if root.css_first(",".join(sorted(ANNOTATIONS))) is not None:
        yield Entry("text without annotations", decoded("".join(base)), EntryKind.hidden)


def _walked(root: LexborNode) -> Iterator[tuple[LexborNode, bool]]:
    """Each node with text, and each element again at its end, in order."""
    nodes = [(root, False)]
    while nodes:
        node, is_end = nodes.pop()
        tag = node.tag or ""
        if tag in _NO_TEXT or (tag.startswith("-") and tag != "-text"):
            continue
        yield node, is_end
        if not is_end and tag != "-text":
            nodes.append((node, True))
            nodes += [(child, False) for child in reversed([*node.iter(include_text=True)])]


def _generated(root: LexborNode, sheets: str) -> _Generated:
    """What the style sheets of a page write, for any medium and state.

    It is not whole if there are more rules or elements than are looked at.
    """
    found = _Generated({}, {}, is_whole=True)
    left = _MOST_ELEMENTS
    for count, (selector, content) in enumerate(_rules(root, sheets)):
        pseudo = _PSEUDO.search(selector)
        if pseudo is None:
            continue
        nodes = _selected(root, selector[: pseudo.start()] or "*")
        left -= len(nodes)
        if count >= _MOST_RULES or left < 0:
            return found._replace(is_whole=False)
        place = found.before if pseudo[1].lower() == "before" else found.after
        for node in nodes:
            place[node.mem_id] = _text(content, node)
    return found


def _rules(root: LexborNode, sheets: str) -> Iterator[tuple[str, str]]:
    """The selectors that have content, with it, if it may have letters or digits."""
    for sheet in (*(style.text() or "" for style in root.css("style")), sheets):
        for rule in _RULE.finditer(_COMMENT.sub(" ", sheet)):
            contents = _CONTENT.findall(rule[2])
            if contents and _WORD.search(_words(contents[-1])):
                for selector in rule[1].split(","):
                    yield selector.strip(), contents[-1]


def _words(content: str) -> str:
    return "".join(decoded(one or other) or name for one, other, name in _TOKEN.findall(content))


def _text(content: str, node: LexborNode) -> str:
    return "".join(
        (node.attributes.get(name.lower()) or "") if name else decoded(one or other)
        for one, other, name in _TOKEN.findall(content)
    )


def _selected(root: LexborNode, selector: str) -> list[LexborNode]:
    try:
        return root.css(selector)
    except SelectolaxError:
        return []
