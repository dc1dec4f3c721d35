"""Masks the text objects of OFD pages (GB/T 33190-2016, 11), which keep their places."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lxml import etree

from documents.masking.joined_text import Piece, Separator, mask_joined
from documents.masking.replacement import Find, Replacement
from documents.ooxml.xml import local_name
from documents.readers.ofd.package import children, numbers
from documents.readers.ofd.page import Run, lines_in_order, needs_space, repeated, runs, steps
from documents.readers.ofd.views import views

_COVER = "*"


def mask_text_objects(root: etree._Element, find: Find) -> list[Replacement]:
    """Mask the text below `root`: in lines as a reader sees it, and in the order of the file.

    Returns the replacements.
    """
    pieces = {code: _CodePiece(code) for code in root.iter("{*}TextCode")}
    drawn = {run.code: run for holder in _holders(root) for run in runs(holder, (0.0, 0.0))}
    # Bold text is often drawn twice at the same place.
    once, again = repeated(drawn.values())
    changes: list[Replacement] = []
    for view in (*views(once), *views(again)):
        changes += mask_joined(list(_seen(view, pieces)), find, in_place=True)
    # Last, because parts of what a reader sees may be another value in the order of the file.
    changes += mask_joined(list(_stored(root, pieces)), find, in_place=True)
    return changes


def _holders(root: etree._Element) -> Iterator[etree._Element]:
    """The elements with text objects, which can be in patterns and clips as well."""
    holders = {text.getparent(): None for text in root.iter("{*}TextObject")}
    return (holder for holder in holders if holder is not None)


def _stored(root: etree._Element, pieces: dict[etree._Element, _CodePiece]) -> Iterator[Piece]:
    for text in root.iter("{*}TextObject", "{*}Text"):
        yield from (pieces[code] for code in children(text, "TextCode"))
        yield Separator("\n")


def _seen(drawn: list[Run], pieces: dict[etree._Element, _CodePiece]) -> Iterator[Piece]:
    for line in lines_in_order(drawn) if drawn else ():
        for before, run in zip((None, *line), line, strict=False):
            if before is not None and needs_space(before, run):
                yield Separator(" ")
            if run.order:
                code = pieces[run.code]
                yield from (_CharPiece(code, at, run.repeats.get(at, ())) for at in run.order)
            else:
                yield pieces[run.code]
        yield Separator("\n")


class _CharPiece:
    """One character of a `TextCode` whose characters are drawn in another order, or repeated."""

    is_writable = True

    def __init__(self, code: _CodePiece, at: int, repeats: Sequence[int] = ()) -> None:
        self._code, self._at, self._repeats = code, at, repeats

    @property
    def text(self) -> str:
        return self._code.text[self._at : self._at + 1]

    def cut(self, start: int, end: int, replacement: str) -> None:
        """Write one character, so that the others keep their positions."""
        if start < end:
            for at in (self._at, *self._repeats):
                self._code.cut(at, at + 1, replacement[:1] or _COVER)


class _CodePiece:
    """The characters of one `TextCode`, with their distances and glyphs."""

    is_writable = True

    def __init__(self, code: etree._Element) -> None:
        self._code = code

    @property
    def text(self) -> str:
        return self._code.text or ""

    def cut(self, start: int, end: int, replacement: str) -> None:
        text = self.text
        for name in ("DeltaX", "DeltaY"):
            places = steps(self._code.get(name), len(text))
            if places and len(replacement) != end - start:
                self._move(places, start, end, len(replacement), name[-1])
                self._code.set(name, " ".join(f"{place:.3f}" for place in places[:-1]))
        self._cut_glyphs(start, end, len(replacement))
        self._code.text = text[:start] + replacement + text[end:]

    def _move(self, places: list[float], start: int, end: int, count: int, axis: str) -> None:
        """Divide the distance of the replaced characters by the number of new ones."""
        distance = sum(places[start:end])
        if count:
            places[start:end] = [distance / count] * count
            return
        del places[start:end]
        if start:
            places[start - 1] += distance
        elif place := numbers(self._code.get(axis), 1):
            self._code.set(axis, f"{place[0] + distance:.3f}")

    def _cut_glyphs(self, start: int, end: int, count: int) -> None:
        """Remove the glyphs of the replaced characters: they are the characters themselves."""
        parent = self._code.getparent()
        if parent is None:
            return
        before = 0
        for code in children(parent, "TextCode"):
            if code is self._code:
                break
            before += len(code.text or "")
        for transform in list(children(parent, "CGTransform")):
            _cut_transform(transform, before + start, before + end, count - (end - start))


def _cut_transform(transform: etree._Element, start: int, end: int, shift: int) -> None:
    first = _integer(transform, "CodePosition", 0)
    codes = _integer(transform, "CodeCount", 1)
    if first + codes <= start:
        return
    if first >= end:
        transform.set("CodePosition", str(first + shift))
        return
    listed = next((one for one in transform if local_name(one) == "Glyphs"), None)
    glyphs = (listed.text or "").split() if listed is not None else []
    parent = transform.getparent()
    if parent is None:
        return
    if len(glyphs) == codes == _integer(transform, "GlyphCount", 1):
        kept = (
            (first, glyphs[: max(0, start - first)]),
            (end + shift, glyphs[max(0, end - first) :]),
        )
        place = parent.index(transform)
        for position, some in reversed(kept):
            if some:
                parent.insert(place, _transform(transform, position, some))
    parent.remove(transform)


def _transform(old: etree._Element, position: int, glyphs: Sequence[str]) -> etree._Element:
    name = str(old.tag).rpartition("}")[0]
    namespace = f"{name}}}" if name else ""
    new = etree.Element(f"{namespace}CGTransform")
    for key, value in (("Position", position), ("Count", len(glyphs))):
        new.set(f"Code{key}", str(value))
    new.set("GlyphCount", str(len(glyphs)))
    etree.SubElement(new, f"{namespace}Glyphs").text = " ".join(glyphs)
    return new


def _integer(element: etree._Element, name: str, default: int) -> int:
    found = numbers(element.get(name), 1)
    return int(found[0]) if found else default
