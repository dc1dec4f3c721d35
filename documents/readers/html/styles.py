"""Which elements of a page are not displayed: a small part of the cascade of CSS.

It knows the properties that hide text, and selectors of elements, classes, ids and attributes with
descendants, children and next siblings (Selectors Level 3). A rule with another selector, or for
another medium or window size, does not apply: its text is then read as if shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import NamedTuple

from selectolax.lexbor import LexborNode

from documents.readers.html.selectors import Matcher, Selector, selectors

_MOST_RULES = 20_000
_PROPERTIES = frozenset(
    (
        "display", "visibility", "opacity", "font-size", "position", "left", "top", "right",
        "bottom", "text-indent", "clip", "clip-path", "width", "height", "max-width", "max-height",
        "overflow", "overflow-x", "overflow-y", "content", "list-style", "list-style-type",
    )
)  # fmt: skip
_SIDES = ("left", "top", "right", "bottom")
_SIZES = ("width", "height", "max-width", "max-height")
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_TOKEN = re.compile(r"\"(?:\\.|[^\"\\])*+\"|'(?:\\.|[^'\\])*+'|[{};]", re.DOTALL)
_SHOWN_MEDIUM = re.compile(r"(?:only\s+)?(?:screen|all)|", re.IGNORECASE)
_TRANSPARENT_GROUPS = ("@supports", "@layer", "@scope")
_ZERO = re.compile(r"[+-]?+(?:0++(?:\.0*+)?+|\.0++)(?:[a-z]++|%)?+")
_RELATIVE_SIZE = re.compile(r"[\d.]+(?:em|ex|ch|%)|inherit|unset|larger|smaller")
# Off the left or upper edge of every screen.
_FAR_AWAY = re.compile(
    r"-(?:\d{4,}(?:\.\d+)?(?:px|pt)?|[5-9]\d\d(?:px|pt)|[5-9]\d(?:em|rem)|\d{3,}(?:em|rem|%|v[wh]))"
)
_CLIPPED = re.compile(r"rect\(\s*+(?:[01](?:px)?+[\s,]*+){4}\)")
_INSET = re.compile(r"inset\(\s*(?:[5-9]\d|100)%.*")
_STRING = re.compile(r"\"(?:\\.|[^\"\\])*+(?:\"|\Z)|'(?:\\.|[^'\\])*+(?:'|\Z)", re.DOTALL)
_CODE = re.compile(r"\\[0-9a-fA-F]{1,6}")
_OVERRIDE = re.compile(r"\bunicode-bidi\s*+:\s*+(?:bidi|isolate)-override", re.IGNORECASE)
_DIRECTION = re.compile(r"\bdirection\s*+:\s*+(ltr|rtl)", re.IGNORECASE)
RIGHT_TO_LEFT, END_OF_DIRECTION = "\u202e", "\u202c"
"""What stands around text that is shown from right to left (UAX #9, RLO and PDF)."""
_WORDS = re.compile(r"[^\W\d_]")

Declarations = Mapping[str, tuple[str, bool]]


class Inherited(NamedTuple):
    """What an element passes on to those in it. Its text is displayed if nothing is set."""

    is_invisible: bool = False
    has_no_size: bool = False


class Rule(NamedTuple):
    declarations: Declarations
    order: int


class Styles:
    """The style sheets in a page, without those that it would load."""

    def __init__(self, root: LexborNode | None) -> None:
        self.generated: list[str] = []
        """Selectors of rules that add words to the page."""
        self._matcher: Matcher[Rule] = Matcher()
        sheets = root.css("style") if root is not None else []
        rules = (
            rule
            for sheet in sheets
            if _is_shown_medium(sheet.attributes.get("media") or "")
            for rule in _rules(sheet.text() or "")
        )
        for order, (prelude, body) in enumerate(islice(rules, _MOST_RULES)):
            self._add(prelude, Rule(_declarations(body), order))
        self._has_more_rules = next(rules, None) is not None

    @property
    def is_exhausted(self) -> bool:
        """Whether the sheets have so many rules that they were not applied to all elements."""
        return self._matcher.is_exhausted or self._has_more_rules

    def shown(
        self, node: LexborNode, tag: str, attributes: Mapping[str, str | None], above: Inherited
    ) -> Inherited | None:
        """What the text in an element is displayed with; None if nothing in it is displayed."""
        style = attributes.get("style")
        matches = self._matcher.matches(node, tag, attributes)
        if not matches and not style and not _is_hidden_by_itself(tag, attributes):
            return above
        values = _cascade(matches, _declarations(style or ""))
        if _is_hidden_by_itself(tag, attributes):
            values.setdefault("display", "none")
        if _is_gone(values):
            return None
        return Inherited(
            _invisible(values.get("visibility"), above=above.is_invisible),
            _sizeless(values.get("font-size"), above=above.has_no_size),
        )

    def list_style(
        self, node: LexborNode, tag: str, attributes: Mapping[str, str | None]
    ) -> str | None:
        """The kind of numbers of a list, such as `cjk-ideographic`; None if no style sets it."""
        values = _cascade(
            self._matcher.matches(node, tag, attributes),
            _declarations(attributes.get("style") or ""),
        )
        return values.get("list-style-type") or values.get("list-style")

    def hides(self, node: LexborNode, tag: str) -> bool:
        """Whether an element hides the text in it, as far as nothing in it says otherwise."""
        shown = self.shown(node, tag, node.attributes, Inherited())
        return shown is None or any(shown)

    def _add(self, prelude: str, rule: Rule) -> None:
        if not rule.declarations:
            return
        for selector in selectors(prelude):
            if selector.adds_content:
                content = rule.declarations.get("content", ("", False))[0]
                if any(map(_has_words, _STRING.findall(content))):
                    self.generated.append(prelude)
            else:
                self._matcher.add(selector, rule)


def _has_words(string: str) -> bool:
    """Whether a string has letters, other than characters of an icon font by their codes."""
    return _WORDS.search(_CODE.sub("", string)) is not None


def _rules(sheet: str) -> Iterator[tuple[str, str]]:
    """The selectors and the declarations of each rule that applies on a screen."""
    sheet = _COMMENT.sub(" ", sheet)
    start = 0
    # Of each open block: what stands before it, and whether it holds rules that apply.
    preludes: list[str] = []
    applies = [True]
    for token in _TOKEN.finditer(sheet):
        sign = token.group()
        if sign == "{":
            prelude = sheet[start : token.start()].strip()
            preludes.append(prelude)
            applies.append(applies[-1] and _is_group(prelude))
        elif sign == "}" and preludes:
            prelude, is_group = preludes.pop(), applies.pop()
            if applies[-1] and not is_group and not prelude.startswith("@"):
                yield prelude, sheet[start : token.start()]
        elif sign == ";" and not applies[-1]:
            continue  # between declarations
        elif sign not in ";}":
            continue  # a string
        start = token.end()


def _is_group(prelude: str) -> bool:
    """Whether a block holds rules that apply on a screen; else declarations, or other rules."""
    name, _, condition = prelude.partition(" ")
    if name.lower() == "@media":
        return _is_shown_medium(condition)
    return name.lower() in _TRANSPARENT_GROUPS


def _is_shown_medium(query: str) -> bool:
    """Whether a list of media queries holds for each screen, without a condition on its size."""
    return any(_SHOWN_MEDIUM.fullmatch(one.strip()) for one in query.split(","))


def _declarations(body: str) -> Declarations:
    """The last valid declaration of each known property: its value, and whether it is important."""
    found: dict[str, tuple[str, bool]] = {}
    for declaration in body.split(";"):
        name, _, value = declaration.partition(":")
        name = name.strip().lower()
        if name not in _PROPERTIES:
            continue
        words, important, _ = value.strip().lower().partition("!")
        is_important = bool(important)
        if words.strip() and (is_important or not found.get(name, ("", False))[1]):
            found[name] = (words.strip(), is_important)
    return found


def _cascade(matches: list[tuple[Selector, Rule]], inline: Declarations) -> dict[str, str]:
    """The value of each property: important ones first, then the element's own, then by
    specificity, then the later one (CSS Cascading, 6).
    """
    best: dict[str, tuple[tuple[object, ...], str]] = {}
    for name, (value, is_important) in inline.items():
        best[name] = ((is_important, True, (0, 0, 0), 0), value)
    for selector, rule in matches:
        for name, (value, is_important) in rule.declarations.items():
            rank = (is_important, False, selector.specificity, rule.order)
            if name not in best or rank >= best[name][0]:
                best[name] = (rank, value)
    return {name: value for name, (_, value) in best.items()}


def is_reversed(tag: str, attributes: Mapping[str, str | None]) -> bool:
    """Whether an element itself, not a style sheet, shows its characters from right to left."""
    style = attributes.get("style") or ""
    if tag != "bdo" and not _OVERRIDE.search(style):
        return False
    direction = _DIRECTION.findall(style)
    return (direction[-1] if direction else attributes.get("dir") or "").lower() == "rtl"


def _is_hidden_by_itself(tag: str, attributes: Mapping[str, str | None]) -> bool:
    """Whether browsers hide an element unless a style shows it."""
    return (
        "hidden" in attributes
        or "popover" in attributes
        or (tag == "dialog" and "open" not in attributes)
    )


def _is_gone(values: Mapping[str, str]) -> bool:
    """Whether an element with these values is not on the page, with all in it."""
    cut = {values.get(name) for name in ("overflow", "overflow-x", "overflow-y")}
    return bool(
        values.get("display") == "none"
        or values.get("visibility") == "collapse"
        or _ZERO.fullmatch(values.get("opacity", ""))
        or _FAR_AWAY.fullmatch(values.get("text-indent", ""))
        or _INSET.fullmatch(values.get("clip-path", ""))
        or (values.get("position") in {"absolute", "fixed"} and _is_placed_outside(values))
        or (
            cut & {"hidden", "clip"}
            and any(_ZERO.fullmatch(values.get(name, "")) for name in _SIZES)
        )
    )


def _is_placed_outside(values: Mapping[str, str]) -> bool:
    is_clipped = _CLIPPED.fullmatch(values.get("clip", ""))
    return bool(is_clipped) or any(_FAR_AWAY.fullmatch(values.get(side, "")) for side in _SIDES)


def _invisible(visibility: str | None, *, above: bool) -> bool:
    if visibility == "hidden":
        return True
    return False if visibility in {"visible", "initial"} else above


def _sizeless(size: str | None, *, above: bool) -> bool:
    if size is None or (above and _RELATIVE_SIZE.fullmatch(size)):
        return above
    return _ZERO.fullmatch(size) is not None
