"""The forms of a text in which personal data is searched, with the way back to its offsets.

A file stores `13812345678` in many ways that look the same: with invisible characters, with one
digit a line, as `%31%33%38...`, as ligatures or radicals. Every finder searches every view.
"""

from __future__ import annotations

import html
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from documents.inventory.escapes import ESCAPE, has_escapes, unescaped
from documents.readers.text.folded import part_ends
from tasks.redact.finders.search import matches
from tasks.redact.notation import divisions
from tasks.redact.numerals import Edit, marks, whole_numbers
from tasks.text.plain import HAN, plain
from tasks.text.traditional import simplified

_INVISIBLE, _SOFT_HYPHEN = "\u200b", "\u00ad"
# Letters and symbols without ink: fillers of Hangul, the empty pattern of Braille, and what stands
# for an embedded object.
_NO_INK = {"\u115f": "", "\u1160": "", "\ufffc": "", "\u2800": " ", "\u3164": " ", "\uffa0": " "}
# Text that is shown from right to left: from an override to the end of it or of the line.
_OVERRIDE = re.compile("\u202e([^\u202c\u202e\n]{2,})\u202c?")
# Between the parts of a name: each program and keyboard writes another one.
_NAME_DOT = "\u00b7"
_NAME_DOTS = dict.fromkeys("\u2022\u2027\u2219\u22c5\u30fb\uff65\u16eb", _NAME_DOT)
_FULL_STOP = re.compile(rf"\.(?<=[{HAN}]\.)(?=[{HAN}])")
_MOST_ENCODINGS = 3
_IRREGULAR = "\ufdd0"  # a noncharacter: no text has it
_SAMPLE, _FEW = 1_000, 16
_LINE_END = "\r\n"
# `re` skips to the characters at which a pattern can begin only where the pattern begins with them,
# so none of these begins with an assertion. Alternatives must each begin with one character.

# Escapes of URLs, of HTML and XML, of vCards (quoted-printable), and of programs and names.
_ESCAPES = re.compile(
    r"(?P<percent>(?:%[0-9A-Fa-f]{2})++)|(?P<entity>&(?:#0{0,64}\d{1,7}|#[xX]0{0,64}[0-9A-Fa-f]{1,6}|[A-Za-z]{2,8});)"
    r"|(?P<quoted>(?:=[0-9A-F]{2}(?:=\n)?+){2,}+)"
    rf"|(?P<other>{ESCAPE})"
)
_ESCAPE_SIGNS = re.compile(r"[%&\\]|U\+|=[0-9A-F]{2}=")
_ESCAPE_BEGIN = re.compile(
    r"%(?=[0-9A-Fa-fu])|&(?=[#A-Za-z])|\\(?=[\\uUx'0-9A-Fa-f])|U(?=\+)|=(?=[0-9A-F]{2}=)"
    r"|_(?=x)|x(?=[Nn]-)|X(?=[Nn]-)"
)
# At least five single characters with the same gap: widely spaced text, or vertical text.
_SPACED = re.compile(
    r"(?<![0-9A-Za-z])[^ \n\t](?P<gap>[ \n]{1,9})(?:[^ \n\t](?P=gap)){3,}[^ \n\t](?![0-9A-Za-z])"
)
# Three of them, which is found in less time.
_SINGLES = re.compile(r"[ \n](?=[^ \n\t][ \n]{1,9}[^ \n\t][ \n]{1,9}[^ \n\t][ \n])")
_GAP = re.compile(r"[ \n]+")
_SIGNS = str.maketrans("", "", "%=\n")
# Before the lines of a message that another one quotes, and of a quotation in Markdown.
_QUOTATION = re.compile(r"\n(>[ ]?(?:>[ ]?){0,8})(?=[^\s>])")
# Between two string constants that a program joins: `"a" + 'b'`, `"a" & "b"`, `"a".concat("b")`; in
# style sheets `"a" "b"`.
_CONSTANTS = re.compile(r"[\"'`](?:\)?+\s*+(?:[+&]|\.concat\()\s*+[\"'`]|(?<=[\"'])\s++[\"'])")
# Before an indented line, as in HTML and Markdown, where no reader sees it. Two spaces are within
# the gap that numbers and words may have.
_INDENT = re.compile(r"\n(   [ ]{0,197})(?=[^\s<])")
# One character in brackets within a word, as in 李(某)伟; numbers of items are usual there.
_BRACKETS = re.compile(
    rf"\((?<=[{HAN}]\()(?=[{HAN}]\)[{HAN}])(?![一二三四五六七八九十])"
    rf"|\)(?<=[{HAN}]\([{HAN}]\))(?=[{HAN}])(?<![一二三四五六七八九十]\))"
)
# Characters of which no text has another view than as a reader sees it.
_WORD = re.compile(rf"[{HAN}0-9A-Za-z*.,:/@]*+")
_HYPHENATION = re.compile(r"-(?<=[A-Za-z]-)[ ]{0,2}\n[ \n]{0,3}(?=[A-Za-z])")


@dataclass(frozen=True, slots=True)
class View:
    """A text made from an original by edits.

    A piece is a part of the text that was copied, or the replacement of an edit. `_starts` are the
    offsets of the pieces in `text`, `_sources` their spans in the original and whether they were
    copied. The original of a view may be another view.
    """

    text: str
    _starts: tuple[int, ...] = (0,)
    _sources: tuple[tuple[int, int, bool], ...] = ((0, 0, True),)
    _origin: View | None = None

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Returns the span of the first original that `text[start:end]`, not empty, stands for."""
        first, last = self._piece(start), self._piece(end - 1)
        begin, stop, copied = self._sources[first]
        start = begin + (start - self._starts[first] if copied else 0)
        begin, stop, copied = self._sources[last]
        end = begin + end - self._starts[last] if copied else stop
        return self._origin.span(start, end) if self._origin else (start, end)

    @property
    def keeps_offsets(self) -> bool:
        """Whether a span of the text is the same span of the first original."""
        is_whole = len(self._starts) == 1 and self._sources[0][0] == 0 and self._sources[0][2]
        return is_whole and (self._origin is None or self._origin.keeps_offsets)

    def edited(self, edits: Iterable[Edit]) -> View:
        """Returns a view of this one with `edits`, which are in order and apart."""
        pieces: list[str] = []
        starts: list[int] = []
        sources: list[tuple[int, int, bool]] = []
        done = at = 0
        for start, end, replacement in (*edits, (len(self.text), len(self.text), "")):
            for piece, source in (
                (self.text[done:start], (done, start, True)),
                (replacement, (start, end, False)),
            ):
                if piece:
                    pieces.append(piece)
                    starts.append(at)
                    sources.append(source)
                    at += len(piece)
            done = end
        if not pieces:
            return View("")
        return View("".join(pieces), tuple(starts), tuple(sources), self)

    def _piece(self, at: int) -> int:
        return bisect_right(self._starts, at) - 1


def views(text: str) -> Iterator[View]:
    """Yields the text as a reader sees it; where it differs also without hyphenation, indentation,
    wide spaces and brackets around one character, and both again with escapes decoded, with text
    that is shown backwards in the order in which it is read, with string constants joined, with the
    parts of values in calendars and vCards joined, without the marks of formats that divide
    values, with whole numbers that programs write as decimals in digits only, and without the marks
    of items and notes beside numbers. Traditional characters are the simplified ones that replace
    them.
    """
    return _views(text, _SEARCHED)


def searched(word: str) -> str:
    """Returns a word as `views` has it."""
    *_, last = views(word)
    return last.text


def _views(text: str, forms: _Visible) -> Iterator[View]:
    if _WORD.fullmatch(text) and _IRREGULAR not in (word := text.translate(forms)):
        yield View(word)
        if "." in word:
            view = View(word)
            others = (_edited(view, whole_numbers(word)), _edited(view, _full_stops(word)))
            yield from (other for other in others if other is not view)
        return
    written = View(text)
    decoded = _decoded(written)
    in_order = _in_order(decoded)
    constants = _joined_constants(in_order)
    values = _joined_parts(in_order)
    undivided = _edited(in_order, divisions(in_order.text))
    numbers = _edited(in_order, whole_numbers(in_order.text))
    apart = _edited(numbers, marks(numbers.text))
    every = (written, decoded, in_order, constants, values, undivided, numbers, apart)
    # In a dictionary, because a view may be the same as another.
    for view in {id(one): one for one in every}.values():
        visible = _visible(view, forms)
        yield visible
        if visible.text != view.text and (unescaped := _decoded(visible)) is not visible:
            # Escapes in full-width characters.
            yield _visible(unescaped, forms)
        joined = _joined(visible)
        if joined is not visible:
            yield joined


def readable(text: str) -> str:
    """Returns the text with everything undone that a reader does not see."""
    *_, last = _views(text, _READABLE)
    return last.text


class _Visible(dict[int, str]):
    """Maps characters to their visible form, computed on first use.

    Latin letters lose their accents, which may be characters of their own. A character whose form
    has not one character is in `irregular`, and its form here is `_IRREGULAR`. `further` gives
    another form of a form.
    """

    def __init__(self, further: Callable[[str], str] = str) -> None:
        self.irregular: dict[str, str] = {}
        self._further = further

    def __missing__(self, code: int) -> str:
        form = self._further(_form(chr(code)))
        if len(form) != 1:
            self.irregular[chr(code)] = form
            form = _IRREGULAR
        self[code] = form
        return form

    def of(self, text: str) -> str:
        """Returns `text.translate(self)`, in less time for a long text of which few characters have
        another form.
        """
        if len(text) < _SAMPLE or text.isascii() or self._others(text[:_SAMPLE]) is None:
            return text.translate(self)
        others = self._others(text)
        if others is None or not others.keys().isdisjoint(others.values()):
            return text.translate(self)
        for char, form in others.items():
            text = text.replace(char, form)
        return text

    def _others(self, text: str) -> dict[str, str] | None:
        """The characters that have another form, with it; None if there are many."""
        others = {char: form for char in set(text) if (form := self[ord(char)]) != char}
        return others if len(others) <= _FEW else None


def _form(char: str) -> str:
    if char in _NO_INK:
        return _NO_INK[char]
    simple = plain(char)
    if simple == _INVISIBLE or char == _SOFT_HYPHEN:
        return ""
    if simple != char:
        return simple
    parts = unicodedata.normalize("NFKD", char)
    if parts == char and (digit := unicodedata.digit(char, None)) is not None:
        return str(digit)  # in a circle of another kind: ❶, ➀
    if parts != char and parts[0].isascii():
        return "".join(plain(part) for part in parts).replace(_INVISIBLE, "")
    composed = unicodedata.normalize("NFKC", char)
    return composed if len(composed) == 1 else "".join(plain(part) for part in composed)


def _name_form(char: str) -> str:
    return _NAME_DOTS.get(char) or simplified(char)


_READABLE, _SEARCHED = _Visible(), _Visible(_name_form)


def _visible(view: View, visible_forms: _Visible) -> View:
    """Returns a view without invisible characters, in half-width letters and digits."""
    visible = visible_forms.of(view.text)
    if _LINE_END in view.text or _IRREGULAR in visible:
        forms = {_LINE_END: "\n"} | {
            char: visible_forms.irregular[char]
            for char in sorted(visible_forms.irregular.keys() & set(view.text))
        }
        pattern = re.compile("|".join(map(re.escape, forms)))
        view = view.edited(
            (*match.span(), forms[match[0]]) for match in pattern.finditer(view.text)
        )
        return replace(view, text=visible_forms.of(view.text))
    return View(visible, _sources=((0, len(visible), True),), _origin=view)


def _joined(view: View) -> View:
    """Returns a view without hyphenation, indentation, spaces between single characters, and
    brackets around one.
    """
    removed = [match.span() for match in _HYPHENATION.finditer(view.text)]
    removed += [match.span(1) for match in _INDENT.finditer(view.text)]
    removed += [match.span() for match in _BRACKETS.finditer(view.text)]
    removed += [match.span(1) for match in _QUOTATION.finditer(view.text)]
    for run in _SPACED.finditer(view.text) if _SINGLES.search(view.text) else ():
        removed += [gap.span() for gap in _GAP.finditer(view.text, *run.span())]
    edits = [(start, end, "") for start, end in _apart(sorted(removed))]
    return _edited(view, sorted([*edits, *_full_stops(view.text)]))


def _full_stops(text: str) -> Iterator[Edit]:
    """Yields the full stops between Chinese characters, as some write names of several parts."""
    return ((*match.span(), _NAME_DOT) for match in _FULL_STOP.finditer(text))


def _apart(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    done = 0
    for start, end in spans:
        if start >= done:
            yield start, end
            done = end


def _decoded(view: View) -> View:
    """Returns a view with escapes decoded, also those that were encoded again."""
    for _ in range(_MOST_ENCODINGS):
        if not (_ESCAPE_SIGNS.search(view.text) or has_escapes(view.text)):
            break
        edits = [
            (*match.span(), words)
            for match in matches(_ESCAPE_BEGIN, _ESCAPES, view.text)
            if (words := _unescaped(match)) != match[0]
        ]
        if not edits:
            break
        view = view.edited(edits)
    return view


def _joined_constants(view: View) -> View:
    """Returns a view with string constants joined. An escape may be whole only then."""
    edits = [(*match.span(), "") for match in _CONSTANTS.finditer(view.text)]
    return _decoded(view.edited(edits)) if edits else view


def _edited(view: View, edits: Iterable[Edit]) -> View:
    return view.edited(every) if (every := list(edits)) else view


def _joined_parts(view: View) -> View:
    """Returns a view with the parts of each value in calendars and vCards joined."""
    return _edited(view, ((*span, "") for span in part_ends(view.text)))


def _in_order(view: View) -> View:
    """Returns a view with text under a right-to-left override in the order in which it is read."""
    return _edited(
        view, ((*match.span(), match[1][::-1]) for match in _OVERRIDE.finditer(view.text))
    )


def _unescaped(match: re.Match[str]) -> str:
    if match["other"]:
        return unescaped(match)
    if match["percent"] or match["quoted"]:
        data = bytes.fromhex(match[0].translate(_SIGNS))
        for encoding in ("utf-8", "gb18030"):
            try:
                return data.decode(encoding)
            except UnicodeDecodeError:
                continue
        return match[0]
    return html.unescape(match[0])
