"""Paper, margins, type area and grid."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from documents.ooxml.write import TWIPS_PER_MM, give, made, millimetres
from documents.ooxml.xml import attribute, child
from tasks.official_layout.finding import Breach, Rule, Severity
from tasks.official_layout.official import OfficialDocument, Section

LINES, CHARACTERS = 22, 28
AREA_WIDTH_MM, AREA_HEIGHT_MM = 156, 225
BODY_POINTS = 16
_GRID, _CELLS = "linesAndChars", "snapToChars"
_UNITS_PER_POINT = 4096
_AREA_WIDTH, _AREA_HEIGHT = AREA_WIDTH_MM * TWIPS_PER_MM, AREA_HEIGHT_MM * TWIPS_PER_MM


@dataclass(frozen=True, slots=True)
class _Length:
    """A length in millimetres, its tolerance, and the XML element and attribute that hold it."""

    part: str
    name: str
    expected: float
    tolerance: float

    @property
    def twips(self) -> int:
        return round(self.expected * TWIPS_PER_MM)

    def fits(self, twips: int | None) -> bool:
        return twips is not None and abs(twips - self.twips) <= self.tolerance * TWIPS_PER_MM + 0.5


_WIDTH, _HEIGHT = _Length("pgSz", "w", 210, 0.5), _Length("pgSz", "h", 297, 0.5)
_TOP, _LEFT = _Length("pgMar", "top", 37, 1), _Length("pgMar", "left", 28, 1)
_RIGHT, _BOTTOM = _Length("pgMar", "right", 26, 1), _Length("pgMar", "bottom", 35, 1)

SIZE = Rule("page.size", "5.1", Severity.error, "A4 paper, 210 mm x 297 mm, portrait", fixable=True)
TOP = Rule("page.top", "5.2.1", Severity.error, "top margin of 37 mm, ±1 mm", fixable=True)
LEFT = Rule("page.left", "5.2.1", Severity.error, "left margin of 28 mm, ±1 mm", fixable=True)
RIGHT = Rule(
    "page.right", "5.2.1", Severity.error, "right margin of 26 mm, ±1 mm (from the "
    "type area of 156 mm)", fixable=True,
)  # fmt: skip
BOTTOM = Rule(
    "page.bottom", "5.2.1", Severity.error, "bottom margin of 35 mm, ±1 mm (from the "
    "type area of 225 mm)", fixable=True,
)  # fmt: skip
TYPE_AREA = Rule(
    "page.type_area", "5.2.1", Severity.error, "type area of 156 mm x 225 mm, ±1 mm",
    fixable=True,
)  # fmt: skip
GRID = Rule(
    "page.grid", "5.2.3", Severity.warning, "a document grid of lines and characters", fixable=True
)
GRID_LINES = Rule("page.lines", "5.2.3", Severity.error, "22 lines per page", fixable=True)
GRID_CHARACTERS = Rule(
    "page.characters", "5.2.3", Severity.error, "28 characters per line", fixable=True
)
RULES = (SIZE, TOP, LEFT, RIGHT, BOTTOM, TYPE_AREA, GRID, GRID_LINES, GRID_CHARACTERS)

_MARGINS = ((TOP, _TOP), (LEFT, _LEFT), (RIGHT, _RIGHT), (BOTTOM, _BOTTOM))


def check(official: OfficialDocument) -> Iterator[Breach]:
    for section in official.sections:
        if section.landscape and section.number > 1:
            continue
        before = 0
        for found in _measures(section):
            before += 1
            yield found
        if not before:
            yield from _type_area(section)
        yield from _grid(section, official.formatting.normal_half_points)


def _measures(section: Section) -> Iterator[Breach]:
    width, height = section.measure("pgSz", "w"), section.measure("pgSz", "h")
    if not (_WIDTH.fits(width) and _HEIGHT.fits(height)):
        found = f"{millimetres(width or 0)} x {millimetres(height or 0)}"
        yield Breach(SIZE, found, section=section.number, correction=lambda: _set_size(section))
    for rule, length in _MARGINS:
        twips = section.measure(length.part, length.name)
        if not length.fits(twips):
            yield Breach(
                rule,
                millimetres(twips) if twips is not None else "not set",
                section=section.number,
                correction=_setter(section, length),
            )


def _type_area(section: Section) -> Iterator[Breach]:
    """Checks the type area: margins within their tolerances may add up to a wrong size."""
    width, height = _area(section)
    off = (width - AREA_WIDTH_MM * TWIPS_PER_MM, height - AREA_HEIGHT_MM * TWIPS_PER_MM)
    if any(abs(twips) > TWIPS_PER_MM + 1 for twips in off):

        def correct() -> None:
            for _, length in _MARGINS:
                _set(section, length)
            give(made(section.element, "pgMar"), gutter=0)
            _set_size(section)

        found = f"{millimetres(width)} x {millimetres(height)}"
        yield Breach(TYPE_AREA, found, section=section.number, correction=correct)


def _grid(section: Section, half_points: int) -> Iterator[Breach]:
    def correct() -> None:
        _set_grid(section)

    grid = child(section.element, "docGrid")
    kind = attribute(grid, "type") if grid is not None else None
    if kind not in {_GRID, _CELLS}:
        yield Breach(GRID, kind or "no grid", section=section.number, correction=correct)
        return
    lines = round(_AREA_HEIGHT / max(1, section.measure("docGrid", "linePitch") or 1))
    if lines != LINES:
        yield Breach(GRID_LINES, f"{lines} lines", section=section.number, correction=correct)
    # The space is added to each character. Only with snapToChars is the pitch based on the
    # Normal style (ECMA-376, 17.6.5 and 17.18.14; MS-OI29500).
    points = half_points / 2 if kind == _CELLS else BODY_POINTS
    extra = (section.measure("docGrid", "charSpace") or 0) / _UNITS_PER_POINT
    characters = round(_AREA_WIDTH / max(1.0, (points + extra) * 20))
    if characters != CHARACTERS:
        yield Breach(
            GRID_CHARACTERS, f"{characters} characters", section=section.number, correction=correct
        )


def _area(section: Section) -> tuple[int, int]:
    """Returns the width and height of the type area in twips."""
    width, height = section.measure("pgSz", "w") or 0, section.measure("pgSz", "h") or 0
    left, right, top, bottom = (
        section.measure(length.part, length.name) or 0 for length in (_LEFT, _RIGHT, _TOP, _BOTTOM)
    )
    gutter = section.measure("pgMar", "gutter") or 0
    return width - left - right - gutter, height - top - bottom


def _set_grid(section: Section) -> None:
    pitch = _AREA_WIDTH / CHARACTERS / 20
    give(
        made(section.element, "docGrid"),
        type=_GRID,
        linePitch=int(_AREA_HEIGHT / LINES),
        charSpace=round((pitch - BODY_POINTS) * _UNITS_PER_POINT),
    )


def _set_size(section: Section) -> None:
    _set(section, _WIDTH)
    _set(section, _HEIGHT)
    give(made(section.element, "pgSz"), orient=None, code=None)


def _set(section: Section, length: _Length) -> None:
    give(made(section.element, length.part), **{length.name: length.twips})


def _setter(section: Section, length: _Length) -> Callable[[], None]:
    return lambda: _set(section, length)
