"""Writes workbooks and presentations from their XML, as other programs than openpyxl do."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping, Sequence
from itertools import accumulate

_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_SLIDES = "http://schemas.openxmlformats.org/presentationml/2006/main"
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_BINARY_TYPE = "application/vnd.ms-excel.sheet.binary.macroEnabled.main"
_SHOW_TYPE = "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"

Relation = tuple[str, str, str]
"""Id, the last word of the type, and target."""


def package(parts: Mapping[str, str | bytes], main: str, media_type: str) -> bytes:
    """An Office file with these parts; `main` is the name of the main one."""
    types = (
        f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        '<Default Extension="bin" ContentType="application/octet-stream"/>'
        f'<Override PartName="/{main}" ContentType="{media_type}"/></Types>'
    )
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("[Content_Types].xml", types)
        packed.writestr("_rels/.rels", relations(("r1", "officeDocument", main)))
        for name, data in parts.items():
            packed.writestr(name, data)
    return written.getvalue()


def relations(*listed: Relation) -> str:
    entries = "".join(
        f'<Relationship Id="{id_}" Type="{_OFFICE}/{kind}" Target="/{target}"/>'
        for id_, kind, target in listed
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{entries}</Relationships>'


def workbook(
    rows: str,
    *,
    formats: Sequence[str] = (),
    before: str = "",
    after: str = "",
    strings: Sequence[str] = (),
    parts: Mapping[str, str | bytes] | None = None,
    book: str = "",
    sheet_relations: Sequence[Relation] = (),
) -> bytes:
    """An XLSX with one worksheet, `表`.

    Args:
        rows: The XML of its rows.
        formats: The code of the number format of each cell style from 1.
        before, after: The XML before and after its rows.
        strings: The XML of each shared string.
        parts: Other parts.
        book: XML of the workbook before its list of sheets.
        sheet_relations: The relationships of the worksheet.
    """
    codes = "".join(
        f'<numFmt numFmtId="{170 + number}" formatCode="{code}"/>'
        for number, code in enumerate(formats)
    )
    styles = "".join(f'<xf numFmtId="{170 + number}"/>' for number in range(len(formats)))
    listed = {
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">{book}<sheets>'
        '<sheet name="表" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relations(
            ("r1", "worksheet", "xl/worksheets/sheet1.xml"),
            ("r2", "styles", "xl/styles.xml"),
            ("r3", "sharedStrings", "xl/sharedStrings.xml"),
        ),
        "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><numFmts>{codes}</numFmts>'
        f'<cellXfs><xf numFmtId="0"/>{styles}</cellXfs></styleSheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{_MAIN}">'
        + "".join(f"<si>{one}</si>" for one in strings)
        + "</sst>",
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{_MAIN}" xmlns:r="{_OFFICE}">{before}'
        f"<sheetData>{rows}</sheetData>{after}</worksheet>",
        "xl/worksheets/_rels/sheet1.xml.rels": relations(*sheet_relations),
    }
    return package({**listed, **(parts or {})}, "xl/workbook.xml", _SHEET_TYPE)


def binary_workbook(values: Sequence[float | str], *, last_row: int = 0) -> bytes:
    """An XLSB with one worksheet, `表`, and these values in its first row (MS-XLSB).

    With `last_row`, they are also in that row, counted from 0.
    """
    cells = b"".join(
        binary_cell(5, column, struct.pack("<d", value))
        if isinstance(value, float)
        else binary_cell(6, column, wide(value))
        for column, value in enumerate(values)
    )
    rows = b"".join(binary_row(one) + cells for one in sorted({0, last_row}))
    return binary_workbook_of(rows)


def binary_workbook_of(
    rows: bytes,
    *,
    formats: Sequence[str] = (),
    strings: Sequence[str | bytes] = (),
    before: bytes = b"",
    after: bytes = b"",
    book: bytes = b"",
    state: int = 0,
    positions: Sequence[int] = (),
    sheet_relations: Sequence[Relation] = (),
    parts: Mapping[str, str | bytes] | None = None,
) -> bytes:
    """An XLSB with one worksheet, `表`, of these records; the arguments are those of `workbook`.

    `state` is 1 for a hidden sheet. `positions` are 1 and 2 for fonts that are raised and lowered.
    Strings as bytes are whole records.
    """
    sheets = record(143) + record(156, struct.pack("<II", state, 1) + wide("r1") + wide("表"))
    codes = b"".join(
        record(44, struct.pack("<H", 170 + number) + wide(code))
        for number, code in enumerate(formats)
    )
    numbers = [0, *(170 + number for number in range(len(formats)))]
    fonts = b"".join(record(43, struct.pack("<HHHH", 220, 0, 400, one)) for one in positions)
    styles = b"".join(record(47, struct.pack("<HH", 0, one) + bytes(12)) for one in numbers)
    listed: dict[str, str | bytes] = {
        "xl/workbook.bin": record(131) + book + sheets + record(144) + record(132),
        # Excel's form: relative to the workbook.
        "xl/_rels/workbook.bin.rels": relations(
            ("r1", "worksheet", "xl/worksheets/sheet1.bin"),
            ("r2", "styles", "xl/styles.bin"),
            ("r3", "sharedStrings", "xl/sharedStrings.bin"),
        ).replace("/xl/", ""),
        "xl/styles.bin": codes + fonts + record(617) + styles + record(618),
        "xl/sharedStrings.bin": b"".join(
            record(19, one if isinstance(one, bytes) else b"\0" + wide(one)) for one in strings
        ),
        "xl/worksheets/sheet1.bin": record(129) + before + record(145) + rows + record(146) + after
        + record(130),
        "xl/worksheets/_rels/sheet1.bin.rels": relations(*sheet_relations),
    }  # fmt: skip
    return package({**listed, **(parts or {})}, "xl/workbook.bin", _BINARY_TYPE)


def binary_row(number: int, *, is_hidden: bool = False) -> bytes:
    flags = bytes([0, 0x10 if is_hidden else 0, 0])
    return record(0, struct.pack("<IIH", number, 0, 300) + flags + bytes(4))


def binary_cell(kind: int, column: int, value: bytes, style: int = 0) -> bytes:
    return record(kind, struct.pack("<II", column, style) + value)


def record(kind: int, body: bytes = b"") -> bytes:
    """A record of an XLSB part."""
    head = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    length, size = b"", len(body)
    while size > 127:
        length += bytes([size & 0x7F | 0x80])
        size >>= 7
    return head + length + bytes([size]) + body


def wide(text: str) -> bytes:
    """A text in a record of an XLSB part."""
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def rich_wide(*runs: tuple[str, int]) -> bytes:
    """A text of runs, each with the number of its font, in a record of an XLSB part."""
    starts = accumulate((len(text) for text, _ in runs), initial=0)
    places = [struct.pack("<HH", at, font) for at, (_, font) in zip(starts, runs, strict=False)]
    text = "".join(text for text, _ in runs)
    return b"\1" + wide(text) + struct.pack("<I", len(places)) + b"".join(places)


def presentation(
    slides: Sequence[str],
    *,
    relations_of: Mapping[int, Sequence[Relation]] | None = None,
    parts: Mapping[str, str | bytes] | None = None,
    hidden: Sequence[int] = (),
) -> bytes:
    """A PPTX whose slides have these shapes as XML.

    `relations_of` has the relationships of slides by their number from 1, `hidden` the numbers of
    those that are not shown.
    """
    numbers = range(1, len(slides) + 1)
    ids = "".join(f'<p:sldId id="{255 + one}" r:id="r{one}"/>' for one in numbers)
    listed = {
        "ppt/presentation.xml": f'<p:presentation xmlns:p="{_SLIDES}" xmlns:r="{_OFFICE}">'
        f"<p:sldIdLst>{ids}</p:sldIdLst></p:presentation>",
        "ppt/_rels/presentation.xml.rels": relations(
            *((f"r{one}", "slide", f"ppt/slides/slide{one}.xml") for one in numbers)
        ),
    }
    for one, shapes in zip(numbers, slides, strict=True):
        show = ' show="0"' if one in hidden else ""
        listed[f"ppt/slides/slide{one}.xml"] = slide(shapes, show)
        listed[f"ppt/slides/_rels/slide{one}.xml.rels"] = relations(
            *(relations_of or {}).get(one, ())
        )
    return package({**listed, **(parts or {})}, "ppt/presentation.xml", _SHOW_TYPE)


def slide(shapes: str, attributes: str = "", name: str = "sld") -> str:
    """A slide, or a layout or notes if `name` says so."""
    return (
        f'<p:{name} xmlns:p="{_SLIDES}" xmlns:a="{_DRAWING}" xmlns:r="{_OFFICE}"{attributes}>'
        f"<p:cSld><p:spTree>{shapes}</p:spTree></p:cSld></p:{name}>"
    )


def shape(*paragraphs: str, placeholder: str | None = None, properties: str = "") -> str:
    """A shape with paragraphs, each a text or the XML of a paragraph."""
    place = "" if placeholder is None else f'<p:ph type="{placeholder}"/>'
    body = "".join(
        one if one.startswith("<a:p>") else f"<a:p><a:r><a:t>{one}</a:t></a:r></a:p>"
        for one in paragraphs
    )
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="2" name="x"{properties}/><p:nvPr>{place}</p:nvPr></p:nvSpPr>'
        '<p:spPr><a:xfrm><a:off x="127000" y="254000"/><a:ext cx="1270000" cy="635000"/></a:xfrm>'
        f"</p:spPr><p:txBody>{body}</p:txBody></p:sp>"
    )
