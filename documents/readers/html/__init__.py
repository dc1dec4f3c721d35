"""HTML: the text that a browser without scripts shows."""

from __future__ import annotations

import re
from collections.abc import Container
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from documents.document import BlockKind, Document
from documents.draft import Draft
from documents.errors import CorruptDocument, UnsupportedDocument
from documents.limits import ReadLimits
from documents.readers.html.styles import (
    END_OF_DIRECTION,
    RIGHT_TO_LEFT,
    Styles,
    is_reversed,
)
from documents.readers.html.walk import INLINE, NOT_SHOWN, Page, Walk
from documents.readers.text import note_doubt
from documents.readers.text.encoding import Decoding, file_decoding

__all__ = [
    "END_OF_DIRECTION",
    "INLINE",
    "MEDIA_TYPE",
    "RIGHT_TO_LEFT",
    "Styles",
    "declared_encoding",
    "fill",
    "is_reversed",
    "is_shown",
    "markup_of",
    "parsed",
    "read",
]

MEDIA_TYPE = "text/html"

_CHARSET = re.compile(
    rb"""<meta[^>]{0,200}?charset\s*+=\s*+["']?\s*+([\w.:-]{2,40})"""
    rb"""|\A\s*+<\?xml[^>]{0,100}?encoding\s*+=\s*+["']([\w.:-]{2,40})""",
    re.IGNORECASE,
)
_UTF7 = re.compile("utf-?_?7", re.IGNORECASE)
# The parser compares each attribute of a tag with all before it.
_MOST_ATTRIBUTES = 1_000
_ATTRIBUTE = r"[\s/]*+[^\s/>][^\s/>=]*+(?:\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|(?![\"'])[^\s>]*+))?+"
_MANY_ATTRIBUTES = re.compile(rf"(?:{_ATTRIBUTE}){{{_MOST_ATTRIBUTES + 1}}}")
_TAG = re.compile(
    rf"<!--.*?(?:-->|\Z)|<(script|style|textarea|title)\b.*?(?:</\1|\Z)"
    rf"|<[a-zA-Z][^\s/>]*+(?P<attributes>(?:{_ATTRIBUTE})*+)",
    re.DOTALL | re.IGNORECASE,
)


def read(path: Path, limits: ReadLimits) -> Document:
    """Read a web page. Raises a `DocumentError`."""
    draft = Draft(limits)
    source = _source(path.read_bytes())
    note_doubt(draft, source, "the page")
    fill(draft, source.text, hidden=limits.hidden)
    return draft.finish(MEDIA_TYPE)


def markup_of(data: bytes) -> str:
    """The source of a page. Raises `UnsupportedDocument`."""
    return _source(data).text


def _source(data: bytes) -> Decoding:
    declared = declared_encoding(data)
    if declared is not None and _UTF7.search(declared):
        # Browsers do not read it, and some mail programs do: neither text can be taken for it.
        raise UnsupportedDocument("The page is in UTF-7, which is not read. Save it as UTF-8.")
    return file_decoding(data, declared)


def declared_encoding(data: bytes) -> str | None:
    """The encoding that a page declares in its beginning."""
    declared = _CHARSET.search(data[:4096])
    return (declared[1] or declared[2]).decode("ascii", errors="replace") if declared else None


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


def is_shown(styles: Styles, node: LexborNode, tag: str) -> bool:
    """Whether a browser displays the text in an element, if it displays those around it."""
    return not (tag.startswith("-") or tag in NOT_SHOWN or styles.hides(node, tag))


def fill(
    draft: Draft, markup: str, *, hidden: bool = False, parts: Container[str] = frozenset()
) -> None:
    """Add the blocks of a page or a fragment to `draft`, with `hidden` also what it hides.

    Pictures whose address is in `parts` are not named as not read. Raises `CorruptDocument`.
    """
    tree = parsed(markup)
    if tree.body is None:
        return
    page = Page(tree.root, parts)
    Walk(draft, page).walk(tree.body)
    for text in page.drawings:
        draft.add(text, BlockKind.drawing)
    for text in page.hidden if hidden else ():
        draft.add(text, BlockKind.hidden)
    for selector in page.styles.generated:
        reason = "words that a style sheet adds are not read"
        draft.leave_out("generated text", selector[:100], reason)
    if page.styles.is_exhausted:
        reason = "the page has too many rules; text that they hide may have been read"
        draft.leave_out("style sheet", "", reason)
