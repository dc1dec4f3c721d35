"""The values of charts as tables (DrawingML charts, ECMA-376 part 1, 21.2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from lxml import etree

from documents.document import BlockKind
from documents.draft import Draft
from documents.ooxml.drawings import texts_in
from documents.ooxml.formats.builtin import GENERAL
from documents.ooxml.formats.styles import Styles
from documents.ooxml.formats.values import Shown, one_line, shown_number
from documents.ooxml.package import Package
from documents.ooxml.xml import child, local_name
from documents.table import Table

Box = tuple[float, float, float, float]
# What a chart keeps of the cells that it shows.
_CACHES = frozenset(("strCache", "numCache", "strLit", "numLit", "multiLvlStrCache"))
_CATEGORIES, _VALUES = ("cat", "xVal"), ("val", "yVal")
# Most cells of a table: charts with more are named, not read.
_MOST_CELLS = 1_000_000
_EMPTY: Shown = "", ""
_Points = Mapping[int, Shown]


class Charts:
    """Adds the charts of one file to a draft, each part once.

    Attributes:
        read: The names of the parts that were read.
    """

    def __init__(self, draft: Draft, package: Package) -> None:
        self._draft, self._package = draft, package
        self.read: set[str] = set()

    def add(
        self,
        part: str | None,
        where: str,
        *,
        kind: BlockKind | None = None,
        page: int | None = None,
        box: Box | None = None,
    ) -> None:
        """Add the titles and the values of a chart; name what is not read.

        `where` is its place for a person, `kind` that of its blocks if they have one.
        """
        if part in self.read:
            return
        root = self._package.xml(part, lenient=True) if part else None
        if root is None:
            self._draft.leave_out("chart", where, "it is not in the file", page=page, box=box)
            return
        self.read.add(part or "")
        for text in dict.fromkeys(texts_in(root)):
            self._draft.add(text, kind or BlockKind.drawing, page=page, box=box)
        tables, reasons = chart_tables(root)
        for table in tables:
            self._draft.add_table(table, kind or BlockKind.table, page=page, box=box)
        for reason in reasons:
            self._draft.leave_out("chart", where, reason, page=page, box=box)


@dataclass(frozen=True, slots=True)
class ChartTable:
    """Series with the same categories: a row for each category, a column for each series."""

    categories: _Points
    series: list[tuple[str, _Points]] = field(default_factory=list)

    @property
    def cells(self) -> int:
        return len(self._numbers()) * (len(self.series) + 1)

    def finish(self) -> tuple[str, Table]:
        """The text, and the rest with `start` 0."""
        rows: list[Sequence[Shown]] = [[_EMPTY, *((name, "") for name, _ in self.series)]]
        rows += [
            [
                self.categories.get(at, _EMPTY) if self.categories else (str(at + 1), ""),
                *(values.get(at, _EMPTY) for _, values in self.series),
            ]
            for at in sorted(self._numbers())
        ]
        rows = [row for row in rows if any(text for text, _ in row)]
        text, raw = ("\n".join(_line(row, at) for row in rows) for at in range(2))
        return text, Table(0, head_rows=1, raw=raw if raw.strip() else "")

    def _numbers(self) -> set[int]:
        return {*self.categories, *(at for _, values in self.series for at in values)}


def chart_tables(root: etree._Element) -> tuple[list[ChartTable], list[str]]:
    """The values of a chart as tables, and the reasons why some are not read."""
    styles = Styles((), from_1904=_is_from_1904(root))
    tables: dict[tuple[tuple[int, Shown], ...], ChartTable] = {}
    reasons: dict[str, None] = {}
    for number, series in enumerate(root.iter("{*}ser"), start=1):
        categories = _points(_first(series, _CATEGORIES), styles)
        name = " ".join(text for text, _ in _points(child(series, "tx"), styles).values())
        # The name that a Chinese Office gives to a series without one.
        name = name or _direct(child(series, "tx")) or f"系列{number}"
        values = _points(_first(series, _VALUES), styles)
        if not values:
            reasons[f"the file has no values of the series “{name[:40]}”"] = None
            continue
        table = tables.setdefault(tuple(categories.items()), ChartTable(categories))
        table.series.append((name, values))
        if sizes := _points(child(series, "bubbleSize"), styles):
            table.series.append((f"{name} (size)", sizes))
    if next(root.iter("{*}series"), None) is not None:
        reasons["the values of this kind of chart are not read"] = None
    if styles.unread:
        reasons[styles.unread] = None
    if sum(table.cells for table in tables.values()) > _MOST_CELLS:
        return [], [*reasons, "it has too many values"]
    return list(tables.values()), list(reasons)


def _is_from_1904(root: etree._Element) -> bool:
    setting = child(root, "date1904")
    return setting is not None and (setting.get("val") or "1") in {"1", "true"}


def _first(series: etree._Element, names: Sequence[str]) -> etree._Element | None:
    return next((one for one in series if local_name(one) in names), None)


def _direct(text: etree._Element | None) -> str:
    """The name of a series that is written in the chart itself."""
    value = child(text, "v") if text is not None else None
    return one_line(value.text or "") if value is not None else ""


def _points(holder: etree._Element | None, styles: Styles) -> _Points:
    """The values below an element, by their number from 0, in order."""
    found = holder.iter() if holder is not None else iter(())
    cache = next((one for one in found if local_name(one) in _CACHES), None)
    if cache is None:
        return {}
    if local_name(cache) == "multiLvlStrCache":
        return _joined([dict(_texts(level)) for level in cache.iter("{*}lvl")])
    if local_name(cache).startswith("str"):
        return {at: (text, "") for at, text in sorted(_texts(cache))}
    return dict(sorted(_numbers(cache, styles)))


def _joined(levels: Sequence[Mapping[int, str]]) -> _Points:
    """Categories in levels, the innermost first. Outer ones are written at the first of theirs."""
    around = [""] * len(levels)
    points = {}
    for at in sorted({at for level in levels for at in level}):
        for number, level in enumerate(levels):
            if at in level:
                around[number] = level[at]
        points[at] = " ".join(filter(None, reversed(around))), ""
    return points


def _texts(cache: etree._Element) -> Iterator[tuple[int, str]]:
    for _, at, value in _values(cache):
        yield at, one_line(value)


def _numbers(cache: etree._Element, styles: Styles) -> Iterator[tuple[int, Shown]]:
    common = child(cache, "formatCode")
    code = (common.text if common is not None else None) or GENERAL
    for point, at, value in _values(cache):
        yield at, shown_number(value.strip(), styles.coded(point.get("formatCode") or code))


def _values(cache: etree._Element) -> Iterator[tuple[etree._Element, int, str]]:
    for point in cache:
        number = point.get("idx") or ""
        value = child(point, "v") if local_name(point) == "pt" else None
        if value is not None and number.isascii() and number.isdecimal() and len(number) < 10:
            yield point, int(number), value.text or ""


def _line(row: Sequence[Shown], at: int) -> str:
    return "\t".join(cell[at] for cell in row).rstrip("\t")
