"""Lists all text of a web page: shown or not, in attributes, comments, scripts and styles."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from documents.draft import Draft
from documents.errors import EmptyDocument
from documents.inventory.encodings import decoded
from documents.inventory.entry import Entry, EntryKind
from documents.inventory.nested import Inventory, Nested, Walk
from documents.limits import ReadLimits
from documents.readers.html import INLINE, MEDIA_TYPE, fill, markup_of, parsed

TAG = re.compile(r"</?([a-zA-Z][^\s/<>]*+)[^<>]*+>")
# Between two string literals: `"a" + 'b'`, `["a", "b"].join("")`, `"a".concat("b")`, `"a" "b"`.
_JOIN = re.compile(r"[\"'`]\)?+\s*+(?:[+,]|\.concat\()\s*+[\"'`]|[\"']\s++[\"']")
_TEXTS = ("title", "script", "style", "noscript", "template", "textarea", "option", "button")


def walk(inventory: Inventory) -> Walk:
    """Return a walk of web pages; `inventory` lists files in data URIs."""

    def entries(path: Path, limits: ReadLimits) -> Iterator[Entry]:
        yield from markup_entries(markup_of(path.read_bytes()), Nested(limits, inventory))

    return entries


def markup_entries(markup: str, nested: Nested) -> Iterator[Entry]:
    """Yield all text of a page: by place, and as one source, which also has what no place has."""
    draft = Draft(nested.limits)
    try:
        fill(draft, markup)
        yield Entry("text", draft.finish(MEDIA_TYPE).text, EntryKind.shown, whole=True)
    except EmptyDocument:
        pass
    yield from _places(markup)
    # Tags inside a word, and parts of the source that a parser drops.
    yield Entry("source without tags", decoded(without_tags(markup)), EntryKind.hidden)
    yield from nested.text("source", markup, EntryKind.hidden)


def _places(markup: str) -> Iterator[Entry]:
    root = parsed(markup).root
    for node in root.traverse(include_text=True) if root is not None else ():
        tag = node.tag or ""
        if tag == "-comment":
            comment = (node.html or "").removeprefix("<!--").removesuffix("-->")
            yield Entry("comment", decoded(comment), EntryKind.hidden)
        elif tag in _TEXTS:
            yield Entry(tag, decoded(node.text()), EntryKind.hidden)
            if tag in {"script", "style"}:
                yield from _joined_literals(tag, node.text())
        if not tag.startswith("-"):
            for name, value in node.attributes.items():
                text = decoded(value or "")
                yield Entry(f"{name} of {tag}", text, EntryKind.hidden)
                if TAG.search(text):  # a page in an attribute, such as `srcdoc`
                    yield Entry(f"{name} of {tag}", decoded(without_tags(text)), EntryKind.hidden)
                if name.startswith("on") or "script:" in (value or ""):
                    yield from _joined_literals(f"{name} of {tag}", value or "")


def _joined_literals(where: str, script: str) -> Iterator[Entry]:
    """The texts of a script that it joins, which may be decoded only then."""
    for text in dict.fromkeys((_JOIN.sub("", script), _JOIN.sub("", decoded(script)))):
        if text != script:
            yield Entry(f"{where}, joined texts", decoded(text), EntryKind.hidden)


def without_tags(markup: str) -> str:
    """The source without comments and tags: a tag within a line leaves nothing in its place."""
    first, *others = markup.split("<!--")
    text = first + "".join(one.partition("-->")[2] for one in others)
    return TAG.sub(_space, text)


def _space(match: re.Match[str]) -> str:
    return "" if match[1].lower() in INLINE else "\n"
