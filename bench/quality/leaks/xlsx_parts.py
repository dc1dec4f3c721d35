"""Parts of an XLSX besides its sheet, with a value in each in turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bench.quality.leaks.docx_file import chart, docx, picture
from bench.quality.leaks.place import Part
from bench.quality.leaks.xlsx_file import NAMES, SHEET


def row(content: str, attributes: str = "") -> str:
    return f'<row r="3"><c r="B3" {attributes}>{content}</c></row>'


def inline(text: str) -> str:
    return row(f"<is>{text}</is>", 't="inlineStr"')


_COMMENTS = (
    f"<comments {NAMES}><authors><author>%s</author></authors>"
    '<commentList><comment ref="A1" authorId="0"><text><t>%s</t></text>'
    "</comment></commentList></comments>"
)
_THREADS = "http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments"
_TABLE = (
    f'<table {NAMES} id="1" name="t" displayName="%s" ref="A1:A3">'
    '<tableColumns count="1"><tableColumn id="1" name="%s"/>'
    "</tableColumns></table>"
)
_LINK = (
    f"<externalLink {NAMES}><externalBook><sheetNames>"
    '<sheetName val="%s"/></sheetNames><sheetDataSet>'
    '<sheetData sheetId="0"><row r="1"><cell r="A1" t="str"><v>%s</v>'
    "</cell></row></sheetData></sheetDataSet></externalBook>"
    "</externalLink>"
)
_CACHE = (
    f'<pivotCacheDefinition {NAMES}><cacheFields count="1">'
    '<cacheField name="n"><sharedItems><s v="{v}"/></sharedItems>'
    "</cacheField></cacheFields></pivotCacheDefinition>"
)
_RECORDS = f'<pivotCacheRecords {NAMES} count="1"><r><s v="{{v}}"/></r></pivotCacheRecords>'
_DRAWING = (
    '<xdr:wsDr xmlns:xdr="http://schemas.openxmlformats.org/drawingml/'
    '2006/spreadsheetDrawing" xmlns:a="http://'
    'schemas.openxmlformats.org/drawingml/2006/main"><xdr:sp>'
    '<xdr:nvSpPr><xdr:cNvPr id="1" name="n" descr="%s"/></xdr:nvSpPr>'
    "<xdr:txBody><a:p><a:r><a:t>%s</a:t></a:r></a:p></xdr:txBody>"
    "</xdr:sp></xdr:wsDr>"
)
_CONNECTION = (
    f'<connections {NAMES}><connection id="1" name="n" '
    'description="%s"><dbPr connection="Data Source=%s" '
    "command=\"SELECT '%s'\"/></connection></connections>"
)

SECOND_SHEET = Part(
    "xl/worksheets/sheet2.xml",
    f"<worksheet {NAMES}><sheetData>{inline('<t>{v}</t>')}</sheetData></worksheet>",
    "book:worksheet",
    f"{SHEET}.worksheet+xml",
)
PARTS: Mapping[str, Sequence[Part]] = {
    "note on a cell": [
        Part("xl/comments1.xml", _COMMENTS % ("甲", "{v}"), "comments", f"{SHEET}.comments+xml")
    ],
    "author of a note": [
        Part("xl/comments1.xml", _COMMENTS % ("{v}", "乙"), "comments", f"{SHEET}.comments+xml")
    ],
    "comment in a thread": [
        Part(
            "xl/threadedComments/t1.xml",
            f'<ThreadedComments xmlns="{_THREADS}"><threadedComment ref="A1">'
            "<text>{v}</text></threadedComment></ThreadedComments>",
            "http://schemas.microsoft.com/office/2017/10/relationships/threadedComment",
        )
    ],
    "person of a thread": [
        Part(
            "xl/persons/p.xml",
            f'<personList xmlns="{_THREADS}"><person displayName="{{v}}" '
            'userId="1" providerId="None"/></personList>',
            "book:http://schemas.microsoft.com/office/2017/10/relationships/person",
        )
    ],
    "shape of a note (VML)": [
        Part(
            "xl/drawings/v.vml",
            '<xml xmlns:v="urn:schemas-microsoft-com:vml"><v:shape alt="{v}">'
            "<v:textbox>甲</v:textbox></v:shape></xml>",
            "vmlDrawing",
        )
    ],
    "name of a table": [
        Part("xl/tables/t.xml", _TABLE % ("t_{v}", "c"), "table", f"{SHEET}.table+xml")
    ],
    "column of a table": [
        Part("xl/tables/t.xml", _TABLE % ("t", "{v}"), "table", f"{SHEET}.table+xml")
    ],
    "value kept of another workbook": [
        Part(
            "xl/externalLinks/e.xml",
            _LINK % ("s", "{v}"),
            "book:externalLink",
            f"{SHEET}.externalLink+xml",
        )
    ],
    "sheet of another workbook": [
        Part(
            "xl/externalLinks/e.xml",
            _LINK % ("{v}", "1"),
            "book:externalLink",
            f"{SHEET}.externalLink+xml",
        )
    ],
    "pivot cache": [
        Part(
            "xl/pivotCache/d.xml",
            _CACHE,
            "book:pivotCacheDefinition",
            f"{SHEET}.pivotCacheDefinition+xml",
        )
    ],
    "records of a pivot cache": [
        Part("xl/pivotCache/r.xml", _RECORDS, "", f"{SHEET}.pivotCacheRecords+xml")
    ],
    "description of a shape": [Part("xl/drawings/d.xml", _DRAWING % ("{v}", "甲"), "drawing")],
    "text of a shape": [Part("xl/drawings/d.xml", _DRAWING % ("n", "{v}"), "drawing")],
    "title of a chart": [Part("xl/charts/c.xml", chart(title="{v}"))],
    "category of a chart": [Part("xl/charts/c.xml", chart(category="{v}"))],
    "description of a connection": [
        Part(
            "xl/connections.xml",
            _CONNECTION % ("{v}", "x", "y"),
            "book:connections",
            f"{SHEET}.connections+xml",
        )
    ],
    "source of a connection": [
        Part(
            "xl/connections.xml",
            _CONNECTION % ("d", "{v}", "y"),
            "book:connections",
            f"{SHEET}.connections+xml",
        )
    ],
    "command of a connection": [
        Part(
            "xl/connections.xml",
            _CONNECTION % ("d", "x", "{v}"),
            "book:connections",
            f"{SHEET}.connections+xml",
        )
    ],
    "query in Base64": [
        Part(
            "customXml/item1.xml",
            '<DataMashup xmlns="http://schemas.microsoft.com/DataMashup">'
            "{base64_utf16}</DataMashup>",
        )
    ],
    "query table": [
        Part(
            "xl/queryTables/q.xml",
            f'<queryTable {NAMES} name="{{v}}"/>',
            "queryTable",
            f"{SHEET}.queryTable+xml",
        )
    ],
    "map of XML": [
        Part(
            "xl/xmlMaps.xml",
            f'<MapInfo {NAMES}><Map ID="1" Name="{{v}}"/></MapInfo>',
            "book:xmlMaps",
        )
    ],
    "revision": [
        Part(
            "xl/revisions/log1.xml",
            f'<revisions {NAMES}><rcc rId="1"><nc r="A1"><is><t>{{v}}</t></is>'
            "</nc></rcc></revisions>",
        )
    ],
    "user of a revision": [
        Part(
            "xl/revisions/h.xml",
            f'<headers {NAMES}><header userName="{{v}}"/></headers>',
            "book:revisionHeaders",
        )
    ],
    "calculation chain": [
        Part(
            "xl/calcChain.xml",
            f'<calcChain {NAMES}><c r="{{v}}" i="1"/></calcChain>',
            "book:calcChain",
        )
    ],
    "slicer": [
        Part(
            "xl/slicers/s.xml",
            f'<slicers {NAMES}><slicer name="n" caption="{{v}}"/></slicers>',
            "http://schemas.microsoft.com/office/2007/relationships/slicer",
        )
    ],
    "property creator": [
        Part(
            "docProps/core.xml",
            '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/'
            'package/2006/metadata/core-properties" xmlns:dc="http://purl.org/'
            'dc/elements/1.1/"><dc:creator>{v}</dc:creator></cp:coreProperties>',
        )
    ],
    "property Company": [
        Part(
            "docProps/app.xml",
            '<Properties xmlns="http://schemas.openxmlformats.org/'
            'officeDocument/2006/extended-properties"><Company>{v}</Company>'
            "</Properties>",
        )
    ],
    "settings of a printer": [
        Part("xl/printerSettings/p.bin", lambda value: value.encode("utf-16-le"), "printerSettings")
    ],
    "macros": [
        Part(
            "xl/vbaProject.bin",
            lambda value: b"\x00Attribut" + value.encode("gb18030"),
            "book:http://schemas.microsoft.com/office/2006/relationships/vbaProject",
        )
    ],
    "embedded document": [
        Part(
            "xl/embeddings/x.docx",
            lambda value: docx(value, "<w:p><w:r><w:t>{v}</w:t></w:r></w:p>"),
            "package",
        )
    ],
    "text in a picture": [Part("xl/media/i.png", lambda value: picture("png", value))],
    "second sheet that the workbook does not list": [
        Part(
            "xl/worksheets/sheet9.xml",
            f"<worksheet {NAMES}><sheetData>{inline('<t>{v}</t>')}</sheetData></worksheet>",
            "",
            f"{SHEET}.worksheet+xml",
        )
    ],
    "chart sheet, dialog, macro sheet": [
        Part(
            "xl/macrosheets/m.xml",
            f'<xm:macrosheet xmlns:xm="urn:xm" {NAMES}><sheetData>'
            f"{row('<f>EXEC(&quot;{v}&quot;)</f>')}</sheetData></xm:macrosheet>",
        )
    ],
}
