"""The effective formatting of runs and paragraphs, from defaults, styles and themes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lxml import etree

from documents.ooxml.write import whole
from documents.ooxml.xml import attribute, child, local_name, value

_MOST_ANCESTORS = 20
_DEFAULT_HALF_POINTS = 20
_LINES = 240
_FONT_SLOTS = ("eastAsia", "ascii", "hAnsi")
_COLOUR = re.compile(r"[0-9A-Fa-f]{6}")


@dataclass(frozen=True, slots=True)
class RunFormat:
    """Fonts are None if not specified; `colour` is upper-case RRGGBB, `auto`, or None."""

    east_asia: str | None
    ascii: str | None
    half_points: int
    colour: str | None


def is_black(run: RunFormat) -> bool:
    return run.colour in {None, "auto", "000000"}


@dataclass(frozen=True, slots=True)
class ParagraphFormat:
    """Lengths in twips; `_chars` in hundredths of a character. 0 if not specified."""

    align: str
    first: int
    first_chars: int
    left: int
    left_chars: int
    right: int
    right_chars: int
    line: int
    line_rule: str
    before: int
    after: int
    snaps: bool


class Formatting:
    """Resolves the formatting in one document from its styles and theme."""

    def __init__(self, styles: etree._Element | None, theme: etree._Element | None) -> None:
        self._styles: dict[tuple[str, str], etree._Element] = {}
        self._default: dict[str, str] = {}
        self._defaults: dict[str, etree._Element | None] = {"rPr": None, "pPr": None}
        self._themes = _theme_fonts(theme)
        for element in styles if styles is not None else ():
            if local_name(element) == "docDefaults":
                self._read_defaults(element)
            elif local_name(element) == "style":
                kind, name = (
                    attribute(element, "type") or "paragraph",
                    attribute(element, "styleId"),
                )
                if name:
                    self._styles[kind, name] = element
                    if attribute(element, "default") in {"1", "true", "on"}:
                        self._default[kind] = name
        self._chains: dict[tuple[str, str], tuple[etree._Element, ...]] = {}

    def of_run(self, paragraph: etree._Element, run: etree._Element | None) -> RunFormat:
        """Returns the formatting of a run; without `run`, that of the paragraph's style."""
        fonts: dict[str, str | None] = {}
        size, colour = None, None
        for level in self._run_levels(paragraph, run):
            element = child(level, "rFonts")
            if element is not None:
                fonts |= self._fonts(element)
            size = whole(value(level, "sz")) or size
            colour = value(level, "color") or colour
        if colour is not None:
            colour = colour.upper() if _COLOUR.fullmatch(colour) else "auto"
        return RunFormat(
            fonts.get("eastAsia"), fonts.get("ascii"), size or _DEFAULT_HALF_POINTS, colour
        )

    def of_paragraph(self, paragraph: etree._Element) -> ParagraphFormat:
        indents: dict[str, int] = {}
        spacing: dict[str, str] = {}
        align, snaps = "left", True
        for level in self._paragraph_levels(paragraph):
            align = value(level, "jc") or align
            _merge_indents(indents, child(level, "ind"))
            element = child(level, "spacing")
            if element is not None:
                spacing |= {str(key).rpartition("}")[2]: str(one) for key, one in element.items()}
            snap = child(level, "snapToGrid")
            if snap is not None:
                snaps = attribute(snap, "val") not in {"0", "false", "off"}
        return ParagraphFormat(
            align={"start": "left", "end": "right"}.get(align, align),
            first=indents.get("firstLine", 0) - indents.get("hanging", 0),
            first_chars=indents.get("firstLineChars", 0) - indents.get("hangingChars", 0),
            left=indents.get("left", 0),
            left_chars=indents.get("leftChars", 0),
            right=indents.get("right", 0),
            right_chars=indents.get("rightChars", 0),
            line=whole(spacing.get("line")) or _LINES,
            line_rule=spacing.get("lineRule", "auto"),
            before=_space(spacing, "before"),
            after=_space(spacing, "after"),
            snaps=snaps,
        )

    @property
    def normal_half_points(self) -> int:
        """The size of the Normal style, on which a document grid is based."""
        levels = [self._defaults["rPr"]]
        levels += [child(style, "rPr") for style in self._chain("paragraph", None)]
        sizes = [whole(value(level, "sz")) for level in levels if level is not None]
        return next((size for size in reversed(sizes) if size), _DEFAULT_HALF_POINTS)

    def _run_levels(
        self, paragraph: etree._Element, run: etree._Element | None
    ) -> Iterator[etree._Element]:
        """Yields the run properties that apply, lowest precedence first."""
        own = child(run, "rPr") if run is not None else None
        style = value(child(paragraph, "pPr"), "pStyle")
        levels = [self._defaults["rPr"]]
        levels += [child(element, "rPr") for element in self._chain("paragraph", style)]
        levels += [
            child(element, "rPr") for element in self._chain("character", value(own, "rStyle"))
        ]
        yield from (level for level in [*levels, own] if level is not None)

    def _paragraph_levels(self, paragraph: etree._Element) -> Iterator[etree._Element]:
        own = child(paragraph, "pPr")
        levels = [self._defaults["pPr"]]
        levels += [child(one, "pPr") for one in self._chain("paragraph", value(own, "pStyle"))]
        yield from (level for level in [*levels, own] if level is not None)

    def _chain(self, kind: str, name: str | None) -> tuple[etree._Element, ...]:
        """Returns a style after its ancestors; without a valid name, the default style."""
        if name is None or (kind, name) not in self._styles:
            name = self._default.get(kind, "")
        if (kind, name) not in self._chains:
            chain: list[etree._Element] = []
            at: str | None = name
            while at and (kind, at) in self._styles and len(chain) < _MOST_ANCESTORS:
                chain.insert(0, self._styles[kind, at])
                at = value(chain[0], "basedOn")
            self._chains[kind, name] = tuple(chain)
        return self._chains[kind, name]

    def _fonts(self, element: etree._Element) -> Mapping[str, str | None]:
        fonts: dict[str, str | None] = {}
        for slot in _FONT_SLOTS:
            theme = attribute(element, f"{slot}Theme")
            font = self._themes.get(theme) if theme else attribute(element, slot)
            if theme or font:
                fonts[slot] = font
        return fonts

    def _read_defaults(self, element: etree._Element) -> None:
        for name in self._defaults:
            default = child(element, f"{name}Default")
            self._defaults[name] = child(default, name) if default is not None else None


def _merge_indents(indents: dict[str, int], element: etree._Element | None) -> None:
    if element is None:
        return
    new = {str(key).rpartition("}")[2]: whole(str(one)) for key, one in element.items()}
    for ours, theirs in (("left", "start"), ("right", "end")):
        for suffix in ("", "Chars"):
            if theirs + suffix in new:
                new.setdefault(ours + suffix, new[theirs + suffix])
    for one, other in (("firstLine", "hanging"), ("hanging", "firstLine")):
        if one in new:
            indents.pop(other, None)
            indents.pop(f"{other}Chars", None)
    indents.update({name: amount for name, amount in new.items() if amount is not None})


def _space(spacing: Mapping[str, str], side: str) -> int:
    """Space before or after in twips. One line is 240."""
    if spacing.get(f"{side}Autospacing") in {"1", "true", "on"}:
        return _LINES
    lines = whole(spacing.get(f"{side}Lines"))
    if lines is not None:
        return lines * _LINES // 100
    return whole(spacing.get(side)) or 0


def _theme_fonts(theme: etree._Element | None) -> Mapping[str, str]:
    """Returns the fonts for the names that a theme defines, including those for Chinese."""
    fonts: dict[str, str] = {}
    for scheme in theme.iter("{*}fontScheme") if theme is not None else ():
        for kind in ("major", "minor"):
            group = child(scheme, f"{kind}Font")
            for element in group if group is not None else ():
                name, face = local_name(element), attribute(element, "typeface")
                if not face:
                    continue
                if name == "latin":
                    fonts |= {f"{kind}{slot}": face for slot in ("Ascii", "HAnsi")}
                elif name == "ea":
                    fonts[f"{kind}EastAsia"] = face
                elif name == "font" and attribute(element, "script") == "Hans":
                    fonts.setdefault(f"{kind}EastAsia", face)
    return fonts
