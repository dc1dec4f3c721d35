"""Lists all text of a web page: shown or not, in attributes, comments, scripts and styles."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from documents.draft import Draft
from documents.errors import CorruptDocument, EmptyDocument
from documents.inventory.encodings import decoded
from documents.inventory.entry import Entry, EntryKind
from documents.inventory.nested import Inventory, Nested, Walk
from documents.limits import ReadLimits
from documents.readers.html import INLINE, MEDIA_TYPE, fill, markup_of

_TAG = re.compile(r"</?([a-zA-Z][^\s/<>]*+)[^<>]*+>")
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
    yield Entry("source without tags", decoded(_without_tags(markup)), EntryKind.hidden)
    yield from nested.text("source", markup, EntryKind.hidden)


def _places(markup: str) -> Iterator[Entry]:
    try:
        root = LexborHTMLParser(markup).root
    except SelectolaxError as error:
        raise CorruptDocument("The HTML cannot be parsed. Save the page again.") from error
    for node in root.traverse(include_text=True) if root is not None else ():
        tag = node.tag or ""
        if tag == "-comment":
            yield Entry("comment", decoded(node.html or ""), EntryKind.hidden)
        elif tag in _TEXTS:
            yield Entry(tag, decoded(node.text()), EntryKind.hidden)
        if not tag.startswith("-"):
            for name, value in node.attributes.items():
                yield Entry(f"{name} of {tag}", decoded(value or ""), EntryKind.hidden)


def _without_tags(markup: str) -> str:
    first, *others = markup.split("<!--")
    text = first + "".join(one.partition("-->")[2] for one in others)
    return _TAG.sub(_space, text)


def _space(match: re.Match[str]) -> str:
    return "" if match[1].lower() in INLINE else "\n"
