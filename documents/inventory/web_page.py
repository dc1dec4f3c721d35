"""Lists all text of a web page: shown or not, in attributes, comments, scripts and styles."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from pathlib import Path

from selectolax.lexbor import LexborNode

from documents.draft import Draft
from documents.errors import EmptyDocument
from documents.inventory.encodings import decoded
from documents.inventory.entry import Entry, EntryKind, Unread, unread
from documents.inventory.nested import Inventory, Nested, Walk
from documents.inventory.outlines import has_outlines
from documents.inventory.page_text import running_texts
from documents.inventory.scripts import (
    is_program,
    joined_literals,
    puts_text_together,
    written_texts,
)
from documents.inventory.shown_order import reordered_texts
from documents.limits import ReadLimits
from documents.readers.html import INLINE, MEDIA_TYPE, fill, markup_of, parsed

TAG = re.compile(r"</?([a-zA-Z][^\s/<>]*+)[^<>]*+>")
PARAMETER = re.compile(r"<(?i:param)>[^<>]{0,200}</(?i:param)>")
_ENRICHED = frozenset(
    ("bold", "italic", "underline", "fixed", "smaller", "bigger", "fontfamily", "color", "lang",
     "nofill", "excerpt", "x-color")
)  # fmt: skip
_PROGRAM = "<script"
_TEXTS = ("title", "script", "style", "noscript", "template", "textarea", "option", "button")


def walk(inventory: Inventory) -> Walk:
    """Return a walk of web pages; `inventory` lists files in data URIs."""

    def entries(path: Path, limits: ReadLimits) -> Iterator[Entry]:
        yield from markup_entries(markup_of(path.read_bytes()), Nested(limits, inventory))

    return entries


def markup_entries(markup: str, nested: Nested, sheets: str = "") -> Iterator[Entry]:
    """Yield all text of a page: by place, and as one source, which also has what no place has.

    `sheets`: style sheets in other files that apply to the page too, and are listed elsewhere.
    """
    draft = Draft(nested.limits)
    try:
        fill(draft, markup)
        yield Entry("text", draft.finish(MEDIA_TYPE).text, EntryKind.shown, whole=True)
    except EmptyDocument:
        pass
    root = parsed(markup).root
    if root is not None:
        yield from _places(root)
        yield from _written(root)
        yield from shown_texts(root, sheets)
    # Tags inside a word, and parts of the source that a parser drops.
    shown = html.unescape(without_tags(markup))
    yield from nested.text("source without tags", shown, EntryKind.hidden)
    yield from nested.text("source", markup, EntryKind.hidden)


def shown_texts(root: LexborNode, sheets: str = "") -> Iterator[Entry]:
    """Yield the texts that styles and attributes of a page, or of a drawing, put together.

    A drawing that may show text as outlines is an unread entry.
    """
    if has_outlines(root):
        yield unread("drawing", Unread.outlines)
    yield from running_texts(root, sheets)
    yield from reordered_texts(root, sheets)


def _places(root: LexborNode) -> Iterator[Entry]:
    for node in root.traverse(include_text=True):
        tag = node.tag or ""
        if tag == "-comment":
            comment = (node.html or "").removeprefix("<!--").removesuffix("-->")
            yield Entry("comment", decoded(comment), EntryKind.hidden)
        elif tag in _TEXTS:
            yield Entry(tag, decoded(node.text()), EntryKind.hidden)
            if tag in {"script", "style"}:
                yield from _joined(tag, node.text())
            if tag == "script" and is_program(node.attributes.get("type")):
                yield from _program(tag, node.text())
        if not tag.startswith("-"):
            for name, value in node.attributes.items():
                text = decoded(value or "")
                yield Entry(f"{name} of {tag}", text, EntryKind.hidden)
                if TAG.search(text):  # a page in an attribute, such as `srcdoc`
                    yield Entry(f"{name} of {tag}", decoded(without_tags(text)), EntryKind.hidden)
                    yield from programs_in(f"{name} of {tag}", text)
                if name.startswith("on") or "script:" in (value or ""):
                    yield from _joined(f"{name} of {tag}", value or "")
                    yield from _program(f"{name} of {tag}", value or "")


def _written(root: LexborNode) -> Iterator[Entry]:
    """What calls of all scripts write: texts that follow each other are one."""
    if text := "".join(written_texts(script.text()) for script in root.css("script")):
        yield Entry("script, written texts", without_tags(text), EntryKind.hidden)


def programs_in(where: str, markup: str) -> Iterator[Entry]:
    """An unread entry for each program in markup that may put texts together."""
    root = parsed(markup).root if _PROGRAM in markup.lower() else None
    for node in root.css("script") if root is not None else ():
        if is_program(node.attributes.get("type")):
            yield from _program(where, node.text())


def _joined(where: str, script: str) -> Iterator[Entry]:
    for text in joined_literals(script):
        yield Entry(f"{where}, joined texts", text, EntryKind.hidden)


def _program(where: str, script: str) -> Iterator[Entry]:
    if puts_text_together(script):
        yield unread(where, Unread.program)


def without_tags(markup: str) -> str:
    """The source without comments and tags: a tag within a line leaves nothing in its place.

    Of enriched text, which is similar (RFC 1896), the parameters are left out too.
    """
    markup = PARAMETER.sub("", markup)
    first, *others = markup.split("<!--")
    text = first + "".join(one.partition("-->")[2] for one in others)
    return TAG.sub(_space, text)


def _space(match: re.Match[str]) -> str:
    return "" if match[1].lower() in INLINE or match[1].lower() in _ENRICHED else "\n"
