"""Places in an XLSX: cells and what stands around them, other parts, and the package."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from bench.quality.leaks.place import Place, around_zip
from bench.quality.leaks.xlsx_file import MAIN, xlsx
from bench.quality.leaks.xlsx_parts import PARTS, SECOND_SHEET, inline, row

SHEETS: Mapping[str, Mapping[str, Any]] = {
    "text of a cell": {"rows": inline("<t>{v}</t>")},
    "text of a cell in two runs": {
        "rows": inline("<r><t>{a}</t></r><r><rPr><b/></rPr><t>{b}</t></r>")
    },
    "phonetic text of a cell": {"rows": inline('<t>甲</t><rPh sb="0" eb="1"><t>{v}</t></rPh>')},
    "full-width text of a cell": {"rows": inline("<t>{wide}</t>")},
    "text of numeric references": {"rows": inline("<t>{hex_references}</t>")},
    "shared string": {"rows": row("<v>1</v>", 't="s"'), "strings": "<si><t>{v}</t></si>"},
    "shared string in two runs": {
        "rows": row("<v>1</v>", 't="s"'),
        "strings": "<si><r><t>{a}</t></r><r><t>{b}</t></r></si>",
    },
    "shared string that no cell uses": {"strings": "<si><t>{v}</t></si>"},
    "result of a formula": {"rows": row("<f>A1</f><v>{v}</v>", 't="str"')},
    "formula": {"rows": row('<f>IF(A1="{v}",1,2)</f><v>2</v>')},
    "formula that joins two texts": {"rows": row('<f>"{a}"&amp;"{b}"</f><v>{v}</v>', 't="str"')},
    "formula without a result": {"rows": row('<f>CONCATENATE("{a}","{b}")</f>')},
    "address of a web service in a formula": {
        "rows": row('<f>WEBSERVICE("http://a.example/{percent_all}")</f><v>1</v>')
    },
    "cell of a hidden row": {
        "rows": '<row r="3" hidden="1"><c r="B3" t="inlineStr"><is><t>{v}</t></is></c></row>'
    },
    "cell of a hidden column": {
        "before": '<cols><col min="2" max="2" width="9" hidden="1"/></cols>',
        "rows": inline("<t>{v}</t>"),
    },
    "cell of a hidden sheet": {
        "sheets": "<sheet name='h' sheetId='2' state='veryHidden' r:id='p0'/>",
        "parts": [SECOND_SHEET],
    },
    "name of a sheet": {"sheet": "{v}"},
    "code name of a sheet": {"before": '<sheetPr codeName="{v}"/>'},
    "number format": {"rows": row("<v>1</v>", 's="1"'), "formats": '0"{v}"'},
    "name of a cell style": {
        "styles": '<cellStyles count="1"><cellStyle name="{v}" xfId="0"/></cellStyles>'
    },
    "defined name": {
        "book": "<definedNames><definedName name='n_{v}'>表!$A$1</definedName></definedNames>"
    },
    "value of a defined name": {
        "book": "<definedNames><definedName name='n'>\"{v}\"</definedName></definedNames>"
    },
    "comment of a defined name": {
        "book": "<definedNames><definedName name='n' comment='{v}'>1</definedName></definedNames>"
    },
    "user in the sharing of the file": {"book": "<fileSharing userName='{v}'/>"},
    "author of a protection": {"book": "<workbookProtection workbookAlgorithmName='{v}'/>"},
    "web publishing": {
        "book": "<webPublishObjects count='1'><webPublishObject id='1' divId='a' "
        "destinationFile='c:\\{v}'/></webPublishObjects>"
    },
    "header": {"after": "<headerFooter><oddHeader>&amp;C{v}</oddHeader></headerFooter>"},
    "footer of the first page": {
        "after": "<headerFooter><firstFooter>&amp;L{v}</firstFooter></headerFooter>"
    },
    "list of a validation": {
        "after": '<dataValidations count="1"><dataValidation type="list" sqref="B3">'
        '<formula1>"甲,{v}"</formula1></dataValidation></dataValidations>'
    },
    "prompt of a validation": {
        "after": '<dataValidations count="1"><dataValidation prompt="{v}" '
        'sqref="B3"/></dataValidations>'
    },
    "error of a validation": {
        "after": '<dataValidations count="1"><dataValidation errorTitle="{v}" '
        'sqref="B3"/></dataValidations>'
    },
    "filter": {
        "after": '<autoFilter ref="A1:B3"><filterColumn colId="0"><filters>'
        '<filter val="{v}"/></filters></filterColumn></autoFilter>'
    },
    "custom filter": {
        "after": '<autoFilter ref="A1:B3"><filterColumn colId="0"><customFilters>'
        '<customFilter val="*{v}*"/></customFilters></filterColumn>'
        "</autoFilter>"
    },
    "conditional format": {
        "after": '<conditionalFormatting sqref="A1">'
        '<cfRule type="containsText" priority="1" text="{v}"><formula>'
        "1</formula></cfRule></conditionalFormatting>"
    },
    "scenario": {
        "after": '<scenarios><scenario name="s" user="{v}" comment="c">'
        '<inputCells r="A1" val="1"/></scenario></scenarios>'
    },
    "value of a scenario": {
        "after": '<scenarios><scenario name="s"><inputCells r="A1" val="{v}"/>'
        "</scenario></scenarios>"
    },
    "protected range": {
        "after": '<protectedRanges><protectedRange name="{v}" sqref="A1"/></protectedRanges>'
    },
    "tip of a link": {
        "after": '<hyperlinks><hyperlink ref="A1" location="表!A1" tooltip="{v}"/></hyperlinks>'
    },
    "place of a link": {
        "after": '<hyperlinks><hyperlink ref="A1" location="\'{v}\'!A1"/></hyperlinks>'
    },
    "shown text of a link": {
        "after": '<hyperlinks><hyperlink ref="A1" location="表!A1" display="{v}"/></hyperlinks>'
    },
    "title of a view": {
        "book": "<customWorkbookViews><customWorkbookView name='{v}' "
        "guid='{00000000-0000-0000-0000-000000000001}' windowWidth='1' "
        "windowHeight='1' activeSheetId='1'/></customWorkbookViews>"
    },
    "extension of the sheet": {
        "after": '<extLst><ext uri="x"><q:q xmlns:q="urn:q" q="{v}">1</q:q></ext></extLst>'
    },
    "extension in Base64": {
        "after": '<extLst><ext uri="x"><q:q xmlns:q="urn:q">{base64}</q:q></ext></extLst>'
    },
    "XML comment": {"after": "<!-- {v} -->"},
    "processing instruction": {"after": "<?note {v}?>"},
    "unknown attribute": {"rows": '<row r="3" q:q="{v}" xmlns:q="urn:q"/>'},
}

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
    return [
        *found,
        *around_zip("XLSX", lambda value: xlsx(value, **(whole if value else {})), MAIN),
    ]


def _number(value: str) -> bytes:
    """Identifiers that are not numbers are kept as text."""
    as_text = "" if value.isdigit() and len(value) <= 15 else 't="str"'
    return xlsx(value, rows=row("<v>{v}</v>", as_text))


def _linked(value: str, link: str) -> bytes:
    after = '<hyperlinks><hyperlink ref="A1" r:id="l0"/></hyperlinks>'
    return xlsx(value, after=after, links=[link])
