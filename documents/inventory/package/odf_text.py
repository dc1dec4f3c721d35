"""The text of the paragraphs of an OpenDocument part."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator

from lxml import etree

from documents.inventory.entry import EntryKind
from documents.ooxml.seen import is_pale
from documents.ooxml.xml import attribute, local_name

_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_PARAGRAPHS = (f"{_TEXT}p", f"{_TEXT}h")
# What stands beside a text and is no part of it.
_BESIDE = frozenset(("note", "annotation", "ruby-text"))
_RUBY, _READING = "ruby", "ruby-text"
_SIZE = re.compile(r"(\d{1,4})(?:\.\d{1,9})?pt")
_TINY = 3  # points


def odf_texts(root: etree._Element) -> Iterator[tuple[str, EntryKind]]:
    """Yield the text of all paragraphs; where it differs also without notes, comments, and
    characters that are white, tiny, raised or hidden, and with readings before their words.
    """
    paragraphs = list(root.iter(*_PARAGRAPHS))
    if not paragraphs:
        return
    text = "\n".join(map(_all, paragraphs))
    yield text, EntryKind.shown
    faint = frozenset(_faint_styles(root))
    rubies = list(root.iter(f"{_TEXT}{_RUBY}"))
    seen = (
        "\n".join("".join(_seen(one, faint)) for one in paragraphs),
        "\n".join("".join(map(_all, sorted(ruby, key=_is_base))) for ruby in rubies),
        "".join(map(_all, root.iter(f"{_TEXT}{_READING}"))),
    )
    for other in dict.fromkeys(seen):
        if other.strip() and other != text:
            yield other, EntryKind.hidden


def _all(element: etree._Element) -> str:
    return "".join(map(str, element.itertext()))


def _is_base(part: etree._Element) -> bool:
    """Whether a part of a ruby is the word under the reading."""
    return local_name(part) != _READING


def _seen(element: etree._Element, faint: Container[str]) -> Iterator[str]:
    yield element.text or ""
    for inside in element:
        name = local_name(inside)
        if name and name not in _BESIDE and attribute(inside, "style-name") not in faint:
            yield from _seen(inside, faint)
        yield inside.tail or ""


def _faint_styles(root: etree._Element) -> Iterator[str]:
    """The styles of characters that a reader does not see as part of a text."""
    for style in root.iter("{*}style"):
        name = attribute(style, "name")
        if name and attribute(style, "family") == "text":
            properties = next(style.iter("{*}text-properties"), None)
            if properties is not None and _is_faint(properties):
                yield name


def _is_faint(properties: etree._Element) -> bool:
    size = _SIZE.fullmatch(attribute(properties, "font-size") or "")
    color = (attribute(properties, "color") or "").removeprefix("#")
    return (
        is_pale(color)
        or (size is not None and int(size[1]) <= _TINY)
        or attribute(properties, "text-position") is not None
        or attribute(properties, "display") == "none"
    )
