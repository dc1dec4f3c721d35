"""Masks HTML: writes a new page from the elements and attributes that are understood."""

from __future__ import annotations

import base64
import binascii
import html as markup
import re
from pathlib import Path

from selectolax.lexbor import LexborNode

from documents.inventory.encodings import decoded
from documents.inventory.page_text import ANNOTATIONS, VALUES
from documents.inventory.shown_order import BACKWARDS, items_in_order, reordered
from documents.limits import ReadLimits
from documents.masking.account import Account
from documents.masking.encoded_text import NEUTRAL_TARGET, with_encoded_forms, without_data
from documents.masking.joined_text import Piece, Separator, mask_joined
from documents.masking.masked_file import MaskedFile
from documents.masking.page_texts import BackwardsText, ShownText
from documents.masking.pictures.embedded import Pictures
from documents.masking.replacement import Masking, applied
from documents.readers import html

_INLINE = frozenset(
    (
        "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn",
        "em", "font", "i", "ins", "kbd", "label", "mark", "nobr", "output", "q", "ruby", "rb", "s",
        "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr",
        "img", "input"
    )
)  # fmt: skip
_BLOCKS = frozenset(
    (
        "address", "article", "aside", "blockquote", "body", "button", "caption", "center", "col",
        "colgroup", "dd", "details", "dialog", "dir", "div", "dl", "dt", "fieldset", "figcaption",
        "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "head", "header", "hgroup",
        "hr", "html", "legend", "li", "main", "menu", "meter", "nav", "ol", "optgroup", "option",
        "p", "pre", "progress", "rp", "rt", "section", "select", "summary", "table", "tbody", "td",
        "textarea", "tfoot", "th", "thead", "title", "tr", "ul", "br"
    )
)  # fmt: skip
_CELLS = frozenset(("td", "th"))
# Elements whose white space is shown.
_VERBATIM = frozenset(("pre", "textarea", "listing", "xmp", "plaintext"))
_VOID = frozenset(("br", "col", "hr", "img", "input", "wbr"))
# Programs, other documents, and drawings, whose text cannot be masked.
_REMOVED = frozenset(
    (
        "script", "noscript", "template", "iframe", "frame", "frameset", "noframes", "object",
        "embed", "applet", "svg", "math", "canvas", "audio", "video", "base", "link", "meta", "map",
        "param", "source", "track", "xml", "portal"
    )
)  # fmt: skip
_ATTRIBUTES = frozenset(
    (
        "align", "alt", "aria-label", "background", "bgcolor", "border", "cellpadding",
        "cellspacing", "checked", "class", "clear", "color", "cols", "colspan", "datetime", "dir",
        "disabled", "face", "for", "headers", "height", "href", "hreflang", "hspace", "id", "label",
        "lang", "maxlength", "name", "noshade", "nowrap", "open", "placeholder", "readonly", "rel",
        "rows", "rowspan", "rules", "scope", "selected", "size", "span", "src", "start", "style",
        "summary", "target", "title", "type", "valign", "value", "vspace", "width", "wrap"
    )
)  # fmt: skip
# What only style sheets and links use, in which characters of a text may have names.
_NAMES = frozenset(("class", "id"))
_ADDRESSES = frozenset(("href", "src", "background"))
_MOST_TIMES = 8
_SCRIPT = re.compile(r"\s*(?:javascript|vbscript):", re.IGNORECASE)
_DATA = re.compile(r"\s*data:(?P<type>[^,;]{0,100})[^,]{0,200},(?P<data>.*)", re.DOTALL)
_STYLE_DATA = re.compile(r"url\(\s*+[\"']?+\s*+data:[^)]*+\)?+", re.IGNORECASE)


def mask_html(path: Path, masking: Masking, limits: ReadLimits, account: Account) -> MaskedFile:
    """Return a masked copy of a web page, in UTF-8. Raises a `DocumentError`."""
    masking = with_encoded_forms(masking)
    page = html.markup_of(path.read_bytes())
    pictures = Pictures(masking, limits, account)
    return MaskedFile(masked_page(page, masking, pictures, account).encode(), html.MEDIA_TYPE)


def masked_page(page: str, masking: Masking, pictures: Pictures, account: Account) -> str:
    """The masked page. Raises `CorruptDocument`."""
    root = html.parsed(page).root
    writer = _Writer(masking, pictures, account, html.Styles(root))
    if root is not None:
        writer.write(root)
    return writer.page()


class _Writer:
    """Walks a tree without recursion, because pages can be nested to any depth."""

    def __init__(
        self, masking: Masking, pictures: Pictures, account: Account, styles: html.Styles
    ) -> None:
        self._find = masking.find
        self._is_simplest = masking.simplest
        self._styles = styles
        self._pictures = pictures
        self._account = account
        self._written: list[str | ShownText] = ["<!DOCTYPE html>\n"]
        self._pieces: list[Piece] = []
        self._shown: list[Piece] = []
        # With the attributes that are shown as text, and without annotations.
        self._seen: list[Piece] = []
        self._base: list[Piece] = []
        self._annotations = 0
        self._ranges: dict[int, tuple[int, int]] = {}
        self._reordered: list[list[Piece]] = []
        self._hidden = 0
        self._verbatim = 0
        self._number = 0

    def page(self) -> str:
        # A number can be contiguous with the hidden text in it, and without it.
        for pieces in (self._pieces, self._shown, self._seen, self._base, *self._reordered):
            self._account.count("text", mask_joined(pieces, self._find))
        return "".join(
            markup.escape(one.source, quote=one.quote) if isinstance(one, ShownText) else one
            for one in self._written
        )

    def write(self, root: LexborNode) -> None:
        node: LexborNode | None = root
        depth = 0
        while node is not None:
            below = node.child if self._open(node) else None
            if below is not None:
                node, depth = below, depth + 1
                continue
            self._close(node)
            while node is not None and node.next is None and depth > 0:
                node, depth = node.parent, depth - 1
                if node is not None:
                    self._close(node)
            node = node.next if node is not None and depth > 0 else None
        self._reorder(root)

    def _reorder(self, root: LexborNode) -> None:
        """List the texts that a style shows in another order, in that order."""
        left = len(self._pieces) * _MOST_TIMES
        for node, kind in reordered(root):
            if kind is BACKWARDS:
                pieces: list[Piece] = [*map(BackwardsText, reversed(self._texts_in(node)))]
            else:
                items = items_in_order(node, kind)
                pieces = [piece for item in items for piece in self._texts_in(item)]
            left -= len(pieces)
            if left < 0:
                return  # the inventory names what is beyond the limits
            self._reordered.append(pieces)

    def _texts_in(self, node: LexborNode) -> list[ShownText]:
        start, end = self._ranges.get(node.mem_id, (0, 0))
        return [piece for piece in self._pieces[start:end] if isinstance(piece, ShownText)]

    def _open(self, node: LexborNode) -> bool:
        """Write the beginning of a node. Returns whether what is in it is written."""
        tag = node.tag or ""
        if tag == "-text":
            self._begin(node)
            self._add_text(node.text_content or "")
            self._end(node)
        elif tag == "style":
            self._add_style(node)
        elif tag == "-comment" or tag in _REMOVED:
            kind = "comments in the page" if tag == "-comment" else "scripts and embedded content"
            self._account.removed[kind] += tag != "meta"
        elif tag.startswith("-"):
            return False
        else:
            self._separate(tag)
            self._begin(node)
            self._annotations += tag in ANNOTATIONS
            if html.is_reversed(tag, node.attributes) and node.child is not None:
                self._add_sign(html.RIGHT_TO_LEFT)
            if tag not in _VOID:
                self._hidden += not html.is_shown(self._styles, node, tag)
                self._verbatim += tag in _VERBATIM
            if tag in _INLINE or tag in _BLOCKS:
                self._written.append(f"<{tag}")
                self._add_attributes(node, tag)
                self._written.append(">")
            if tag == "head":
                self._written.append('<meta charset="utf-8">')
            return tag not in _VOID
        return False

    def _close(self, node: LexborNode) -> None:
        tag = node.tag or ""
        if tag.startswith("-") or tag in _REMOVED or tag in _VOID or tag == "style":
            return
        self._end(node)
        self._annotations -= tag in ANNOTATIONS
        if html.is_reversed(tag, node.attributes):
            self._add_sign(html.END_OF_DIRECTION)
        self._hidden -= not html.is_shown(self._styles, node, tag)
        self._verbatim -= tag in _VERBATIM
        if tag in _INLINE or tag in _BLOCKS:
            self._written.append(f"</{tag}>")
            self._separate(tag)

    def _separate(self, tag: str) -> None:
        if tag not in _INLINE:
            self._add_sign("\t" if tag in _CELLS else "\n", is_base=tag not in ANNOTATIONS)

    def _add_sign(self, sign: str, *, is_base: bool = True) -> None:
        """Add what is between texts and is not written. `is_base`: also without annotations."""
        separator = Separator(sign)
        for pieces in (self._pieces, self._shown, self._seen):
            pieces.append(separator)
        if is_base:
            self._base.append(separator)

    def _begin(self, node: LexborNode) -> None:
        self._ranges[node.mem_id] = (len(self._pieces), len(self._pieces))

    def _end(self, node: LexborNode) -> None:
        start, _ = self._ranges.get(node.mem_id, (0, 0))
        self._ranges[node.mem_id] = (start, len(self._pieces))

    def _add_text(self, text: str) -> None:
        piece = ShownText(without_data(text, self._account), verbatim=self._verbatim > 0)
        self._written.append(piece)
        self._pieces.append(piece)
        self._seen.append(piece)
        if not self._annotations:
            self._base.append(piece)
        if not self._hidden:
            self._shown.append(piece)

    def _add_style(self, node: LexborNode) -> None:
        """Keep a style sheet without pictures; leave it out if it has something to mask, or in the
        simplest form of the page, because sheets can write texts and put them together.
        """
        style = _STYLE_DATA.sub("none", node.text() or "")
        if (
            self._is_simplest
            or "</" in style
            or "<!--" in style
            or self._find(style)
            or self._find(decoded(style))
        ):
            self._account.removed["style sheets"] += 1
        else:
            self._written.append(f"<style>{style}</style>")

    def _add_attributes(self, node: LexborNode, tag: str) -> None:
        for name, value in node.attributes.items():
            if name not in _ATTRIBUTES or (self._is_simplest and name in _NAMES):
                continue
            if value is None:
                self._written.append(f" {name}")
            elif (words := self._value(name, value)) is not None:
                piece = ShownText(words, verbatim=True, quote=True)
                self._written += (f' {name}="', piece, '"')
                if VALUES.get(tag) == name:
                    self._seen.append(piece)

    def _value(self, name: str, value: str) -> str | None:
        if _SCRIPT.match(value):
            return None
        if name in _ADDRESSES and (data := _DATA.match(value)):
            return self._picture(data)
        if name == "style":
            value = _STYLE_DATA.sub("none", value)
        changes = self._find(value) or self._find(decoded(value))
        if not changes:
            return value
        self._account.count("attributes", changes)
        if name in _ADDRESSES:
            return NEUTRAL_TARGET
        masked = applied(value, self._find(value))
        return None if self._find(decoded(masked)) else masked

    def _picture(self, data: re.Match[str]) -> str | None:
        """A picture inside the page, masked; None for other data."""
        kind = data["type"].strip().lower()
        extension = kind.removeprefix("image/").removesuffix("+xml")
        self._number += 1
        try:
            raw = base64.b64decode(data["data"], validate=False)
        except (binascii.Error, ValueError):
            raw = b""
        picture = None
        if kind.startswith("image/") and raw:
            picture = self._pictures.masked(raw, f"picture {self._number}.{extension}")
        if picture is None:
            self._account.removed["data in the page"] += 1
            return None
        return f"data:{kind};base64,{base64.b64encode(picture).decode()}"
