"""Places in an XLSX: cells, everything around them, the workbook's parts, and the package."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from bench.quality.leaks.docx_places import chart, docx, picture
from bench.quality.leaks.place import Part, Place, around_zip, content_of, zipped
from bench.quality.leaks.values import filled

_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_NAMES = (
    'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    f'xmlns:r="{_OFFICE}" xmlns:x14="http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"'
)
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
MAIN = "xl/worksheets/sheet1.xml"
_TITLE = "关于做好防汛工作的通知"
_STYLES = (
    '<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts><fills count="1">'
    '<fill><patternFill patternType="none"/></fill></fills><borders count="1"><border/></borders>'
    '<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="2"><xf/><xf numFmtId="164"/>'
    "</cellXfs>"
)


def xlsx(value: str, *, rows: str = "", before: str = "", after: str = "", strings: str = "",
         book: str = "", sheet: str = "表", formats: str = "", parts: Sequence[Part] = (),
         links: Sequence[str] = (), state: str = "", styles: str = "") -> bytes:  # fmt: skip
    """An XLSX of one sheet with templates for what stands in and around its rows.

    `parts` with a relation that begins with `book:` belong to the workbook, others to the sheet.
    """
    packed: dict[str, bytes] = {}
    of_sheet, of_book, overrides = [], [], ""
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
        "xl/workbook.xml": f"<workbook {_NAMES}><sheets><sheet name={sheet!r} sheetId='1' r:id='s' "
        f"{state}/></sheets>{book}</workbook>",
        "xl/_rels/workbook.xml.rels": _relations(
            [_relation("s", "worksheet", "worksheets/sheet1.xml"),
             _relation("t", "sharedStrings", "sharedStrings.xml"),
             _relation("y", "styles", "styles.xml"), *of_book]
        ),
        "xl/sharedStrings.xml": f"<sst {_NAMES}><si><t>{_TITLE}</t></si>{strings}</sst>",
        "xl/styles.xml": f"<styleSheet {_NAMES}><numFmts count='1'><numFmt numFmtId='164' "
        f"formatCode='{formats or '0.00'}'/></numFmts>{_STYLES}{styles}</styleSheet>",
        MAIN: f"<worksheet {_NAMES}>{before}<sheetData>{first}{rows}</sheetData>{after}</worksheet>",
        "xl/worksheets/_rels/sheet1.xml.rels": _relations(of_sheet),
    }  # fmt: skip
    written = {path: filled(text, value).encode() for path, text in texts.items()}
    return zipped({**written, **packed})


def _types(overrides: str) -> str:
    return (
        f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" ContentType="application'
        '/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType='
        '"application/xml"/><Default Extension="bin" ContentType="application/octet-stream"/>'
        '<Default Extension="png" ContentType="image/png"/><Default Extension="vml" ContentType='
        '"application/vnd.openxmlformats-officedocument.vmlDrawing"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/{MAIN}" ContentType="{_TYPE}.worksheet+xml"/>'
        f'<Override PartName="/xl/sharedStrings.xml" ContentType="{_TYPE}.sharedStrings+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>{overrides}</Types>'
    )


def _relation(id: str, kind: str, target: str, mode: str = "Internal") -> str:
    full = kind if ":" in kind else f"{_OFFICE}/{kind}"
    return f'<Relationship Id="{id}" Type="{full}" Target="{target}" TargetMode="{mode}"/>'


def _relations(lines: Sequence[str]) -> str:
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{"".join(lines)}</Relationships>'


def _row(content: str, attributes: str = "") -> str:
    return f'<row r="3"><c r="B3" {attributes}>{content}</c></row>'


def _inline(text: str) -> str:
    return _row(f"<is>{text}</is>", 't="inlineStr"')


SHEETS: Mapping[str, Mapping[str, str]] = {
    "text of a cell": {"rows": _inline("<t>{v}</t>")},
    "text of a cell in two runs": {"rows": _inline("<r><t>{a}</t></r><r><rPr><b/></rPr><t>{b}</t></r>")},
    "phonetic text of a cell": {"rows": _inline('<t>甲</t><rPh sb="0" eb="1"><t>{v}</t></rPh>')},
    "full-width text of a cell": {"rows": _inline("<t>{wide}</t>")},
    "text of numeric references": {"rows": _inline("<t>{hex_references}</t>")},
    "shared string": {"rows": _row("<v>1</v>", 't="s"'), "strings": "<si><t>{v}</t></si>"},
    "shared string in two runs": {
        "rows": _row("<v>1</v>", 't="s"'), "strings": "<si><r><t>{a}</t></r><r><t>{b}</t></r></si>",
    },
    "shared string that no cell uses": {"strings": "<si><t>{v}</t></si>"},
    "result of a formula": {"rows": _row('<f>A1</f><v>{v}</v>', 't="str"')},
    "formula": {"rows": _row('<f>IF(A1="{v}",1,2)</f><v>2</v>')},
    "formula that joins two texts": {"rows": _row('<f>"{a}"&amp;"{b}"</f><v>{v}</v>', 't="str"')},
    "formula without a result": {"rows": _row('<f>CONCATENATE("{a}","{b}")</f>')},
    "address of a web service in a formula": {"rows": _row('<f>WEBSERVICE("http://a.example/{percent_all}")</f><v>1</v>')},
    "cell of a hidden row": {"rows": '<row r="3" hidden="1"><c r="B3" t="inlineStr"><is><t>{v}</t></is></c></row>'},
    "cell of a hidden column": {"before": '<cols><col min="2" max="2" width="9" hidden="1"/></cols>', "rows": _inline("<t>{v}</t>")},
    "cell of a hidden sheet": {"rows": _inline("<t>{v}</t>"), "state": "state='veryHidden'"},
    "name of a sheet": {"sheet": "{v}"},
    "code name of a sheet": {"before": '<sheetPr codeName="{v}"/>'},
    "number format": {"rows": _row("<v>1</v>", 's="1"'), "formats": '0"{v}"'},
    "name of a cell style": {"styles": '<cellStyles count="1"><cellStyle name="{v}" xfId="0"/></cellStyles>'},
    "defined name": {"book": "<definedNames><definedName name='n_{v}'>表!$A$1</definedName></definedNames>"},
    "value of a defined name": {"book": "<definedNames><definedName name='n'>\"{v}\"</definedName></definedNames>"},
    "comment of a defined name": {"book": "<definedNames><definedName name='n' comment='{v}'>1</definedName></definedNames>"},
    "user in the sharing of the file": {"book": "<fileSharing userName='{v}'/>"},
    "author of a protection": {"book": "<workbookProtection workbookAlgorithmName='{v}'/>"},
    "web publishing": {"book": "<webPublishObjects count='1'><webPublishObject id='1' divId='a' destinationFile='c:\\{v}'/></webPublishObjects>"},
    "header": {"after": "<headerFooter><oddHeader>&amp;C{v}</oddHeader></headerFooter>"},
    "footer of the first page": {"after": "<headerFooter><firstFooter>&amp;L{v}</firstFooter></headerFooter>"},
    "list of a validation": {"after": '<dataValidations count="1"><dataValidation type="list" sqref="B3"><formula1>"甲,{v}"</formula1></dataValidation></dataValidations>'},
    "prompt of a validation": {"after": '<dataValidations count="1"><dataValidation prompt="{v}" sqref="B3"/></dataValidations>'},
    "error of a validation": {"after": '<dataValidations count="1"><dataValidation errorTitle="{v}" sqref="B3"/></dataValidations>'},
    "filter": {"after": '<autoFilter ref="A1:B3"><filterColumn colId="0"><filters><filter val="{v}"/></filters></filterColumn></autoFilter>'},
    "custom filter": {"after": '<autoFilter ref="A1:B3"><filterColumn colId="0"><customFilters><customFilter val="*{v}*"/></customFilters></filterColumn></autoFilter>'},
    "conditional format": {"after": '<conditionalFormatting sqref="A1"><cfRule type="containsText" priority="1" text="{v}"><formula>1</formula></cfRule></conditionalFormatting>'},
    "scenario": {"after": '<scenarios><scenario name="s" user="{v}" comment="c"><inputCells r="A1" val="1"/></scenario></scenarios>'},
    "value of a scenario": {"after": '<scenarios><scenario name="s"><inputCells r="A1" val="{v}"/></scenario></scenarios>'},
    "protected range": {"after": '<protectedRanges><protectedRange name="{v}" sqref="A1"/></protectedRanges>'},
    "tip of a link": {"after": '<hyperlinks><hyperlink ref="A1" location="表!A1" tooltip="{v}"/></hyperlinks>'},
    "place of a link": {"after": "<hyperlinks><hyperlink ref=\"A1\" location=\"'{v}'!A1\"/></hyperlinks>"},
    "shown text of a link": {"after": '<hyperlinks><hyperlink ref="A1" location="表!A1" display="{v}"/></hyperlinks>'},
    "title of a view": {"book": "<customWorkbookViews><customWorkbookView name='{v}' guid='{00000000-0000-0000-0000-000000000001}' windowWidth='1' windowHeight='1' activeSheetId='1'/></customWorkbookViews>"},
    "extension of the sheet": {"after": '<extLst><ext uri="x"><q:q xmlns:q="urn:q" q="{v}">1</q:q></ext></extLst>'},
    "extension in Base64": {"after": '<extLst><ext uri="x"><q:q xmlns:q="urn:q">{base64}</q:q></ext></extLst>'},
    "XML comment": {"after": "<!-- {v} -->"},
    "processing instruction": {"after": "<?note {v}?>"},
    "unknown attribute": {"rows": '<row r="3" q:q="{v}" xmlns:q="urn:q"/>'},
}  # fmt: skip

_COMMENTS = f'<comments {_NAMES}><authors><author>%s</author></authors><commentList><comment ref="A1" authorId="0"><text><t>%s</t></text></comment></commentList></comments>'
_THREADS = "http://schemas.microsoft.com/office/spreadsheetml/2018/threadedcomments"
_TABLE = f'<table {_NAMES} id="1" name="t" displayName="%s" ref="A1:A3"><tableColumns count="1"><tableColumn id="1" name="%s"/></tableColumns></table>'
_LINK = f'<externalLink {_NAMES}><externalBook><sheetNames><sheetName val="%s"/></sheetNames><sheetDataSet><sheetData sheetId="0"><row r="1"><cell r="A1" t="str"><v>%s</v></cell></row></sheetData></sheetDataSet></externalBook></externalLink>'
_CACHE = f'<pivotCacheDefinition {_NAMES}><cacheFields count="1"><cacheField name="n"><sharedItems><s v="{{v}}"/></sharedItems></cacheField></cacheFields></pivotCacheDefinition>'
_RECORDS = f'<pivotCacheRecords {_NAMES} count="1"><r><s v="{{v}}"/></r></pivotCacheRecords>'
_DRAWING = '<xdr:wsDr xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><xdr:sp><xdr:nvSpPr><xdr:cNvPr id="1" name="n" descr="%s"/></xdr:nvSpPr><xdr:txBody><a:p><a:r><a:t>%s</a:t></a:r></a:p></xdr:txBody></xdr:sp></xdr:wsDr>'
_CONNECTION = f'<connections {_NAMES}><connection id="1" name="n" description="%s"><dbPr connection="Data Source=%s" command="SELECT \'%s\'"/></connection></connections>'

PARTS: Mapping[str, Sequence[Part]] = {
    "note on a cell": [Part("xl/comments1.xml", _COMMENTS % ("甲", "{v}"), "comments", f"{_TYPE}.comments+xml")],
    "author of a note": [Part("xl/comments1.xml", _COMMENTS % ("{v}", "乙"), "comments", f"{_TYPE}.comments+xml")],
    "comment in a thread": [Part("xl/threadedComments/t1.xml", f'<ThreadedComments xmlns="{_THREADS}"><threadedComment ref="A1"><text>{{v}}</text></threadedComment></ThreadedComments>', "http://schemas.microsoft.com/office/2017/10/relationships/threadedComment")],
    "person of a thread": [Part("xl/persons/p.xml", f'<personList xmlns="{_THREADS}"><person displayName="{{v}}" userId="1" providerId="None"/></personList>', "book:http://schemas.microsoft.com/office/2017/10/relationships/person")],
    "shape of a note (VML)": [Part("xl/drawings/v.vml", '<xml xmlns:v="urn:schemas-microsoft-com:vml"><v:shape alt="{v}"><v:textbox>甲</v:textbox></v:shape></xml>', "vmlDrawing")],
    "name of a table": [Part("xl/tables/t.xml", _TABLE % ("t_{v}", "c"), "table", f"{_TYPE}.table+xml")],
    "column of a table": [Part("xl/tables/t.xml", _TABLE % ("t", "{v}"), "table", f"{_TYPE}.table+xml")],
    "value kept of another workbook": [Part("xl/externalLinks/e.xml", _LINK % ("s", "{v}"), "book:externalLink", f"{_TYPE}.externalLink+xml")],
    "sheet of another workbook": [Part("xl/externalLinks/e.xml", _LINK % ("{v}", "1"), "book:externalLink", f"{_TYPE}.externalLink+xml")],
    "pivot cache": [Part("xl/pivotCache/d.xml", _CACHE, "book:pivotCacheDefinition", f"{_TYPE}.pivotCacheDefinition+xml")],
    "records of a pivot cache": [Part("xl/pivotCache/r.xml", _RECORDS, "", f"{_TYPE}.pivotCacheRecords+xml")],
    "description of a shape": [Part("xl/drawings/d.xml", _DRAWING % ("{v}", "甲"), "drawing")],
    "text of a shape": [Part("xl/drawings/d.xml", _DRAWING % ("n", "{v}"), "drawing")],
    "title of a chart": [Part("xl/charts/c.xml", chart(title="{v}"))],
    "category of a chart": [Part("xl/charts/c.xml", chart(category="{v}"))],
    "description of a connection": [Part("xl/connections.xml", _CONNECTION % ("{v}", "x", "y"), "book:connections", f"{_TYPE}.connections+xml")],
    "source of a connection": [Part("xl/connections.xml", _CONNECTION % ("d", "{v}", "y"), "book:connections", f"{_TYPE}.connections+xml")],
    "command of a connection": [Part("xl/connections.xml", _CONNECTION % ("d", "x", "{v}"), "book:connections", f"{_TYPE}.connections+xml")],
    "query in Base64": [Part("customXml/item1.xml", '<DataMashup xmlns="http://schemas.microsoft.com/DataMashup">{base64_utf16}</DataMashup>')],
    "query table": [Part("xl/queryTables/q.xml", f'<queryTable {_NAMES} name="{{v}}"/>', "queryTable", f"{_TYPE}.queryTable+xml")],
    "map of XML": [Part("xl/xmlMaps.xml", f'<MapInfo {_NAMES}><Map ID="1" Name="{{v}}"/></MapInfo>', "book:xmlMaps")],
    "revision": [Part("xl/revisions/log1.xml", f'<revisions {_NAMES}><rcc rId="1"><nc r="A1"><is><t>{{v}}</t></is></nc></rcc></revisions>')],
    "user of a revision": [Part("xl/revisions/h.xml", f'<headers {_NAMES}><header userName="{{v}}"/></headers>', "book:revisionHeaders")],
    "calculation chain": [Part("xl/calcChain.xml", f'<calcChain {_NAMES}><c r="{{v}}" i="1"/></calcChain>', "book:calcChain")],
    "slicer": [Part("xl/slicers/s.xml", f'<slicers {_NAMES}><slicer name="n" caption="{{v}}"/></slicers>', "http://schemas.microsoft.com/office/2007/relationships/slicer")],
    "property creator": [Part("docProps/core.xml", '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:creator>{v}</dc:creator></cp:coreProperties>')],
    "property Company": [Part("docProps/app.xml", '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties"><Company>{v}</Company></Properties>')],
    "settings of a printer": [Part("xl/printerSettings/p.bin", lambda value: value.encode("utf-16-le"), "printerSettings")],
    "macros": [Part("xl/vbaProject.bin", lambda value: b"\x00Attribut" + value.encode("gb18030"), "book:http://schemas.microsoft.com/office/2006/relationships/vbaProject")],
    "embedded document": [Part("xl/embeddings/x.docx", lambda value: docx(value, "<w:p><w:r><w:t>{v}</w:t></w:r></w:p>"), "package")],
    "text in a picture": [Part("xl/media/i.png", lambda value: picture("png", value))],
    "second sheet that the workbook does not list": [Part("xl/worksheets/sheet9.xml", f"<worksheet {_NAMES}><sheetData>{_inline('<t>{v}</t>')}</sheetData></worksheet>", "", f"{_TYPE}.worksheet+xml")],
    "chart sheet, dialog, macro sheet": [Part("xl/macrosheets/m.xml", f'<xm:macrosheet xmlns:xm="urn:xm" {_NAMES}><sheetData>{_row("<f>EXEC(&quot;{v}&quot;)</f>")}</sheetData></xm:macrosheet>')],
}  # fmt: skip

LINKS: Mapping[str, str] = {
    "target of a link": "http://a.example/{v}",
    "target of a link, percent-encoded": "http://a.example/?q={percent_all}",
    "target of a link, percent-encoded GBK": "http://a.example/?q={percent_gbk}",
}


def places() -> list[Place]:
    found = [Place("XLSX", name, partial(xlsx, **given)) for name, given in SHEETS.items()]
    found.append(Place("XLSX", "number in a cell", _number, latin=True))
    found += [Place("XLSX", name, partial(xlsx, parts=parts)) for name, parts in PARTS.items()]
    found += [Place("XLSX", name, partial(_linked, link=link)) for name, link in LINKS.items()]
    whole = SHEETS["text of a cell"]
    return [*found, *around_zip("XLSX", lambda value: xlsx(value, **(whole if value else {})), MAIN)]


def _number(value: str) -> bytes:
    """Identifiers that are not numbers are kept as text."""
    as_text = "" if value.isdigit() and len(value) <= 15 else 't="str"'
    return xlsx(value, rows=_row("<v>{v}</v>", as_text))


def _linked(value: str, link: str) -> bytes:
    after = '<hyperlinks><hyperlink ref="A1" r:id="l0"/></hyperlinks>'
    return xlsx(value, after=after, links=[link])
