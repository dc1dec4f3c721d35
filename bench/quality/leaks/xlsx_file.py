"""Writes small XLSX files from templates."""

from __future__ import annotations

from collections.abc import Sequence

from bench.quality.leaks.place import Part, content_of, zipped
from bench.quality.leaks.values import filled

_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
NAMES = (
    'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    f'xmlns:r="{_OFFICE}" xmlns:x14="http://schemas.microsoft.com/'
    'office/spreadsheetml/2009/9/main"'
)
SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"
MAIN = "xl/worksheets/sheet1.xml"
_TITLE = "关于做好防汛工作的通知"
_STYLES = (
    '<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts><fills count="1">'
    '<fill><patternFill patternType="none"/></fill></fills><borders count="1"><border/></borders>'
    '<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf/><xf numFmtId="164"/>'
    "</cellXfs>"
)


def xlsx(
    value: str,
    *,
    rows: str = "",
    before: str = "",
    after: str = "",
    strings: str = "",
    book: str = "",
    sheet: str = "表",
    formats: str = "",
    parts: Sequence[Part] = (),
    links: Sequence[str] = (),
    sheets: str = "",
    styles: str = "",
) -> bytes:
    """An XLSX of one sheet with templates for what stands in and around its rows.

    `parts` with a relation that begins with `book:` belong to the workbook, others to the sheet.
    """
    packed: dict[str, bytes] = {}
    of_sheet: list[str] = []
    of_book: list[str] = []
    overrides = ""
    for at, part in enumerate(parts):
        path = filled(part.path, value)
        packed[path] = content_of(part.content, value)
        kind = part.relation.removeprefix("book:")
        owner = of_book if part.relation.startswith("book:") else of_sheet
        if part.relation:
            owner.append(_relation(f"p{at}", kind, f"/{path}"))
        if part.content_type:
            overrides += f'<Override PartName="/{path}" ContentType="{part.content_type}"/>'
    for at, link in enumerate(links):
        of_sheet.append(_relation(f"l{at}", "hyperlink", filled(link, value), "External"))
    first = f'<row r="1"><c r="A1" t="inlineStr"><is><t>{_TITLE}</t></is></c></row>'
    texts = {
        "[Content_Types].xml": _types(overrides),
        "_rels/.rels": _relations([_relation("b", "officeDocument", "xl/workbook.xml")]),
        "xl/workbook.xml": f"<workbook {NAMES}><sheets><sheet name={sheet!r} sheetId='1' "
        "r:id='s' "
        f"/>{sheets}</sheets>{book}</workbook>",
        "xl/_rels/workbook.xml.rels": _relations(
            [
                _relation("s", "worksheet", "worksheets/sheet1.xml"),
                _relation("t", "sharedStrings", "sharedStrings.xml"),
                _relation("y", "styles", "styles.xml"),
                *of_book,
            ]
        ),
        "xl/sharedStrings.xml": f"<sst {NAMES}><si><t>{_TITLE}</t></si>{strings}</sst>",
        "xl/styles.xml": f"<styleSheet {NAMES}><numFmts count='1'><numFmt numFmtId='164' "
        f"formatCode='{formats or '0.00'}'/></numFmts>{_STYLES}{styles}</styleSheet>",
        MAIN: f"<worksheet {NAMES}>{before}<sheetData>{first}{rows}</sheetData>{after}</worksheet>",
        "xl/worksheets/_rels/sheet1.xml.rels": _relations(of_sheet),
    }
    written = {path: filled(text, value).encode() for path, text in texts.items()}
    return zipped({**written, **packed})


def _types(overrides: str) -> str:
    return (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application'
        '/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType='
        '"application/xml"/><Default Extension="bin" ContentType="application/octet-stream"/>'
        '<Default Extension="png" ContentType="image/png"/><Default Extension="vml" ContentType='
        '"application/vnd.openxmlformats-officedocument.vmlDrawing"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{SHEET}.sheet.main+xml"/>'
        f'<Override PartName="/{MAIN}" ContentType="{SHEET}.worksheet+xml"/>'
        f'<Override PartName="/xl/sharedStrings.xml" ContentType="{SHEET}.sharedStrings+xml"/>'
        '<Override PartName="/xl/styles.xml" '
        f'ContentType="{SHEET}.styles+xml"/>{overrides}</Types>'
    )


def _relation(name: str, kind: str, target: str, mode: str = "Internal") -> str:
    full = kind if ":" in kind else f"{_OFFICE}/{kind}"
    return f'<Relationship Id="{name}" Type="{full}" Target="{target}" TargetMode="{mode}"/>'


def _relations(lines: Sequence[str]) -> str:
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{"".join(lines)}</Relationships>'
