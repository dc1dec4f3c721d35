"""Masks an XLSX: cells, formulas, comments, charts, and everything else that a workbook stores."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from lxml import etree

from documents.errors import CorruptDocument
from documents.limits import ReadLimits
from documents.masking.account import Account
from documents.masking.encoded_text import with_encoded_forms
from documents.masking.masked_file import MaskedFile
from documents.masking.ooxml.docx_views import mask_views
from documents.masking.ooxml.package_file import PackageFormat, PackageWriter, Part, remove
from documents.masking.ooxml.xlsx_cells import (
    STRING_TEXT,
    SheetRows,
    drops_formula,
    formatted,
    mask_strings,
)
from documents.masking.ooxml.xml_text import mask_nodes, remove_authors
from documents.masking.pictures.embedded import Pictures
from documents.masking.replacement import Find, Masking, applied
from documents.ooxml.formats.styles import Styles, is_from_1904, xlsx_styles
from documents.ooxml.known_parts import EXCEL_PARTS, MAIN
from documents.ooxml.package import Package
from documents.ooxml.sheet_rows import row_groups, without_rows
from documents.ooxml.text import RUN_TEXT
from documents.ooxml.workbook import texts_of
from documents.ooxml.xml import child, local_name
from documents.readers import sheets
from documents.readers.sheets.comments import PAGE_LINES, page_line_readings

_BOOK = frozenset(
    ("fileVersion", "workbookPr", "workbookProtection", "bookViews", "sheets", "definedNames",
     "calcPr")
)  # fmt: skip
_SHEET = frozenset(
    (
        "sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData",
        "sheetProtection", "autoFilter", "sortState", "mergeCells", "phoneticPr",
        "conditionalFormatting", "dataValidations", "hyperlinks", "printOptions", "pageMargins",
        "pageSetup", "headerFooter", "rowBreaks", "colBreaks", "ignoredErrors", "drawing",
        "legacyDrawing", "legacyDrawingHF", "picture", "tableParts",
    )
)  # fmt: skip
_SHEETS = frozenset(("worksheet", "dialogsheet", "chartsheet"))
# Elements with a formula as their text, and the element to remove if it has something to mask.
_FORMULAS: Mapping[str, str] = {
    "definedName": "definedName",
    "formula1": "dataValidation",
    "formula2": "dataValidation",
    "formula": "cfRule",
}
_MISSING = "#REF!"
_NUMBERS = frozenset(("numCache", "numLit"))


def mask_xlsx(path: Path, masking: Masking, limits: ReadLimits, account: Account) -> MaskedFile:
    """Return a masked copy of a workbook. Raises a `DocumentError`.

    Cells keep their format. A masked cell has no formula, and neither has one whose formula has
    text to mask or uses another workbook: its last value stays. Tables with text to mask become
    plain cells, and sheets with it in their names get new names.
    """
    try:
        with Package(path, limits) as package:
            format_ = PackageFormat(
                EXCEL_PARTS,
                lambda *given: _Book(package, *given).mask(),
                dict.fromkeys(_SHEETS, without_rows),
            )
            masking = with_encoded_forms(masking)
            pictures = Pictures(masking, limits, account)
            writer = PackageWriter(package, format_, masking, pictures, account)
            return MaskedFile(writer.file(), sheets.XLSX)
    except RecursionError as error:
        raise CorruptDocument("The workbook is nested too deeply. Save it again.") from error


class _Book:
    def __init__(
        self, package: Package, parts: list[Part], masking: Masking, account: Account
    ) -> None:
        self._package = package
        self._parts = parts
        self._masking = masking
        self._find: Find = masking.find
        self._account = account
        self._names: dict[str, str] = {}
        self._tables: set[str] = set()
        self._shared: list[str] = []
        self._styles = Styles(())

    def mask(self) -> None:
        self._styles = self._number_formats()
        for root in self._roots(MAIN):
            self._mask_book(root)
        for part in self._parts:
            if part.kind == "table" and part.root is not None:
                self._check_table(part, part.root)
        for root in self._roots("sharedStrings"):
            self._mask_strings(root)
        for part in self._parts:
            if part.root is not None and not part.is_dropped:
                self._mask_part(part, part.root)

    def _number_formats(self) -> Styles:
        """The formats before those with text to mask are replaced."""
        book, styles = (next(self._roots(kind), None) for kind in (MAIN, "styles"))
        return xlsx_styles(styles, from_1904=book is not None and is_from_1904(book))

    def _roots(self, kind: str) -> Iterator[etree._Element]:
        return (part.root for part in self._parts if part.kind == kind and part.root is not None)

    def _mask_book(self, root: etree._Element) -> None:
        self._keep(root, _BOOK)
        taken = {str(sheet.get("name")) for sheet in root.iter("{*}sheet")}
        for number, sheet in enumerate(root.iter("{*}sheet"), start=1):
            name = sheet.get("name") or ""
            if changes := self._find(name):
                new = f"Sheet{number}"
                while new in taken:
                    new += "_"
                taken.add(new)
                self._names[name] = new
                sheet.set("name", new)
                self._account.count("names of sheets", changes)
        for defined in list(root.iter("{*}definedName")):
            if changes := self._find(defined.get("name") or ""):
                self._account.count("defined names", changes)
                remove(defined)

    def _check_table(self, part: Part, root: etree._Element) -> None:
        """Drop a table with text to mask: its names must equal cells, and masks are no names."""
        values = [str(value) for element in root.iter() for value in element.values()]
        texts = [str(text) for text in root.itertext()]
        uses_file = any(one.get("tableType") == "queryTable" for one in root.iter())
        changes = [change for value in (*values, *texts) for change in self._find(value)]
        if changes or uses_file:
            part.is_dropped = True
            self._tables.update(name for key in ("name", "displayName") if (name := root.get(key)))
            self._account.count("tables", changes)
            self._account.removed["tables"] += 1

    def _mask_strings(self, root: etree._Element) -> None:
        items = [item for item in root if local_name(item) == "si"]
        self._account.count("cells", mask_strings(items, self._find))
        for item in items:
            self._shared.append("".join(str(text.text or "") for text in texts_of(item)))

    def _mask_part(self, part: Part, root: etree._Element) -> None:
        kind = part.kind
        if self._masking.authors:
            self._account.removed["authors"] += remove_authors(root)
        if kind in _SHEETS:
            self._mask_sheet(part, root)
        elif kind == "comments":
            self._mask_comments(root)
        elif kind in {"sharedStrings", MAIN, "styles", "table"}:
            self._mask_formulas(root)
            _mask_formats(root, self._find)
            self._account.count("workbook", mask_nodes(root, self._masking, STRING_TEXT))
        else:
            self._mask_charts(root)
            where = "properties" if kind.endswith("properties") else "drawings"
            self._account.count(where, mask_views(root, self._find))
            self._account.count(where, mask_nodes(root, self._masking, RUN_TEXT))

    def _mask_sheet(self, part: Part, root: etree._Element) -> None:
        self._keep(root, _SHEET)
        data = child(root, "sheetData")
        if data is not None:
            self._mask_rows(part, f"{data.prefix}:" if data.prefix else "")
        self._mask_formulas(root)
        self._mask_page_lines(root)
        self._account.count("sheets", mask_nodes(root, self._masking))

    def _mask_rows(self, part: Part, prefix: str) -> None:
        rows = SheetRows(prefix, self._shared, self._styles, self._kept_formula)
        for group in row_groups(self._package.data(part.source) or b""):
            written, changes = rows.mask(group, self._find)
            part.rows.append(written.encode())
            self._account.count("cells", changes)
        part.rows.append(rows.rest().encode())
        self._account.removed["formulas"] += rows.dropped_formulas

    def _kept_formula(self, formula: str) -> str | None:
        renamed = self._renamed(formula)
        return None if self._drops(renamed) else renamed

    def _drops(self, formula: str) -> bool:
        uses_table = any(f"{name}[" in formula for name in self._tables)
        return uses_table or drops_formula(formula, self._find)

    def _keep(self, root: etree._Element, known: frozenset[str]) -> None:
        for element in list(root):
            if local_name(element) not in known:
                self._account.removed["settings of the workbook"] += 1
                remove(element)

    def _renamed(self, formula: str) -> str:
        for old, new in self._names.items():
            quoted = old.replace("'", "''")
            formula = formula.replace(f"'{quoted}'!", f"{new}!").replace(f"{old}!", f"{new}!")
        return formula

    def _mask_formulas(self, root: etree._Element) -> None:
        """Remove what rests on a formula with text to mask."""
        for element in list(
            root.iter("{*}definedName", "{*}formula1", "{*}formula2", "{*}formula")
        ):
            element.text = self._renamed(element.text or "")
            if self._drops(element.text):
                self._remove_owner(element, _FORMULAS[local_name(element)])
        for link in root.iter("{*}hyperlink"):
            if location := link.get("location"):
                link.set("location", self._renamed(location))

    def _remove_owner(self, element: etree._Element, name: str) -> None:
        owner: etree._Element | None = element
        while owner is not None and local_name(owner) != name:
            owner = owner.getparent()
        parent = owner.getparent() if owner is not None else None
        if owner is None or parent is None:
            element.text = _MISSING
            return
        self._account.removed["formulas"] += 1
        remove(owner)
        parent.attrib.pop("count", "")
        if not len(parent):
            remove(parent)

    def _mask_page_lines(self, root: etree._Element) -> None:
        for line in root.iter():
            if local_name(line) in PAGE_LINES:
                text = line.text or ""
                changes = self._find(text)
                line.text = applied(text, changes)
                self._account.count("headers", changes)
                # Codes can divide a number: the line becomes one section without them.
                for shown in page_line_readings(line.text):
                    if divided := self._find(shown):
                        line.text = "&C" + applied(shown, divided).replace("&", "&&")
                        self._account.count("headers", divided)
                        break

    def _mask_comments(self, root: etree._Element) -> None:
        writers = [str(author.text or "") for author in root.iter("{*}author")]
        for author in root.iter("{*}author") if self._masking.authors else ():
            author.text = ""
        comments = list(root.iter("{*}text"))
        for comment in comments:
            for text in comment.iter("{*}t") if self._masking.authors else ():
                text.text = _without_writer(text.text or "", writers)
        self._account.count("comments", mask_strings(comments, self._find))
        self._account.count("comments", mask_nodes(root, self._masking, STRING_TEXT))

    def _mask_charts(self, root: etree._Element) -> None:
        for formula in root.iter("{*}f"):
            formula.text = self._renamed(formula.text or "")
            if self._drops(formula.text):
                formula.text = _MISSING
        for value in root.iter("{*}v"):
            group = value.getparent()
            cache = group.getparent() if group is not None else None
            if cache is None or local_name(cache) not in _NUMBERS:
                continue
            if changes := self._find(formatted(value.text or "")):
                value.text = "0"
                self._account.count("drawings", changes)


def _without_writer(text: str, writers: list[str]) -> str:
    """The text of a comment without its writer's name, which Excel puts at its beginning."""
    for writer in filter(None, writers):
        if text.startswith(f"{writer}:"):
            return text[len(writer) + 1 :].lstrip("\n")
    return text


def _mask_formats(root: etree._Element, find: Find) -> None:
    """Replace number formats that show text to mask."""
    for format_ in root.iter("{*}numFmt"):
        code = format_.get("formatCode") or ""
        if find(code) or find(re.sub(r"[\"\\]", "", code)):
            format_.set("formatCode", "General")
