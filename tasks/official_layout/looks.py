"""How runs and paragraphs look once defaults, styles and themes are taken into account."""

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
class RunLook:
    """Fonts are None where nothing gives one; `colour` is upper-case RRGGBB, `auto`, or None."""

    east_asia: str | None
    ascii: str | None
    half_points: int
    colour: str | None


def is_black(look: RunLook) -> bool:
    return look.colour in {None, "auto", "000000"}


@dataclass(frozen=True, slots=True)
class ParagraphLook:
    """Twips, and hundredths of a character where a name says `chars`; 0 where nothing is given."""

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


class Looks:
    """Resolves looks for one document, from its styles and its theme."""

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

    def of_run(self, paragraph: etree._Element, run: etree._Element | None) -> RunLook:
        """The look of a run in a paragraph; without one, of what the paragraph's style gives."""
        fonts: dict[str, str | None] = {}
        size, colour = None, None
        for level in self._run_levels(paragraph, run):
            given = child(level, "rFonts")
            if given is not None:
                fonts |= self._fonts(given)
            size = whole(value(level, "sz")) or size
            colour = value(level, "color") or colour
        if colour is not None:
            colour = colour.upper() if _COLOUR.fullmatch(colour) else "auto"
        return RunLook(
            fonts.get("eastAsia"), fonts.get("ascii"), size or _DEFAULT_HALF_POINTS, colour
        )

    def of_paragraph(self, paragraph: etree._Element) -> ParagraphLook:
        indents: dict[str, int] = {}
        spacing: dict[str, str] = {}
        align, snaps = "left", True
        for level in self._paragraph_levels(paragraph):
            align = value(level, "jc") or align
            _merge_indents(indents, child(level, "ind"))
            given = child(level, "spacing")
            if given is not None:
                spacing |= {str(key).rpartition("}")[2]: str(one) for key, one in given.items()}
            snap = child(level, "snapToGrid")
            if snap is not None:
                snaps = attribute(snap, "val") not in {"0", "false", "off"}
        return ParagraphLook(
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
        """The size of text that nothing else is said of: a document grid counts from it."""
        levels = [self._defaults["rPr"]]
        levels += [child(style, "rPr") for style in self._chain("paragraph", None)]
        sizes = [whole(value(level, "sz")) for level in levels if level is not None]
        return next((size for size in reversed(sizes) if size), _DEFAULT_HALF_POINTS)

    def _run_levels(
        self, paragraph: etree._Element, run: etree._Element | None
    ) -> Iterator[etree._Element]:
        """What gives the run's look, the weakest first."""
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
        """A style and those it is based on, the farthest first; the default one without a name."""
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

    def _fonts(self, given: etree._Element) -> Mapping[str, str | None]:
        fonts: dict[str, str | None] = {}
        for slot in _FONT_SLOTS:
            theme = attribute(given, f"{slot}Theme")
            font = self._themes.get(theme) if theme else attribute(given, slot)
            if theme or font:
                fonts[slot] = font
        return fonts

    def _read_defaults(self, element: etree._Element) -> None:
        for name in self._defaults:
            default = child(element, f"{name}Default")
            self._defaults[name] = child(default, name) if default is not None else None


def _merge_indents(indents: dict[str, int], given: etree._Element | None) -> None:
    if given is None:
        return
    new = {str(key).rpartition("}")[2]: whole(str(one)) for key, one in given.items()}
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
    """Space before or after in twips, whichever way it is given; lines count 240."""
    if spacing.get(f"{side}Autospacing") in {"1", "true", "on"}:
        return _LINES
    lines = whole(spacing.get(f"{side}Lines"))
    if lines is not None:
        return lines * _LINES // 100
    return whole(spacing.get(side)) or 0


def _theme_fonts(theme: etree._Element | None) -> Mapping[str, str]:
    """The fonts that a theme's names stand for, with those for Chinese where it has such."""
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
