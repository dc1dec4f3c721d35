"""Places in a DOCX: its body, every other part, and the package itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from bench.quality.leaks.docx_file import APP, MAIN, OFFICE, WORD, chart, docx, picture, story, xml
from bench.quality.leaks.docx_text import BODIES, paragraph, run
from bench.quality.leaks.place import Part, Place, around_zip

_CORE = (
    '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-'
    'properties" xmlns:dc="http://purl.org/dc/elements/1.1/">%s</cp:coreProperties>'
)
_CUSTOM = (
    '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties" '
    'xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes"><property '
    'fmtid="{D5CDD505-2E9C-101B-9397-08002B2CF9AE}" pid="2" name="%s"><vt:lpwstr>%s</vt:lpwstr>'
    "</property></Properties>"
)
_COMMENT = (
    '<w:comment w:id="0" w:author="%s" w:initials="%s" w:date="2026-01-01T00:00:00Z">%s</w:comment>'
)
_P = paragraph(run("{v}"))


def _settings(content: str, path: str = "word/settings.xml") -> Part:
    return Part(path, story("settings", content), "settings", f"{WORD}.settings+xml")


def _styles(attributes: str, content: str) -> Part:
    text = f'<w:style w:type="paragraph" w:styleId="{attributes}">{content}</w:style>'
    return Part("word/styles.xml", story("styles", text), "styles", f"{WORD}.styles+xml")


def _numbering(level: str, name: str = "") -> Part:
    text = (
        f'<w:abstractNum w:abstractNumId="0">{name}<w:lvl w:ilvl="0"><w:numFmt w:val="decimal"/>'
        f'<w:lvlText w:val="{level}"/></w:lvl></w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
    )
    return Part(
        "word/numbering.xml", story("numbering", text), "numbering", f"{WORD}.numbering+xml"
    )


def _story(tag: str, name: str, relation: str, content: str) -> Part:
    return Part(f"word/{name}.xml", story(tag, content), relation, f"{WORD}.{relation}+xml")


def _embedded_docx(value: str) -> bytes:
    return docx(value, _P)


def _property(place: str) -> Part:
    return Part(
        "docProps/core.xml",
        _CORE % f"<{place}>{{v}}</{place}>",
        "http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties",
        "application/vnd.openxmlformats-package.core-properties+xml",
    )


def _comments(author: str, initials: str, content: str) -> Part:
    return _story(
        "comments", "comments", "comments", _COMMENT % (author, initials, paragraph(run(content)))
    )


_FONTS = '<w:font w:name="{v}"/>'
_BLOCK = (
    "<w:docParts><w:docPart><w:docPartPr>%s</w:docPartPr>"
    "<w:docPartBody>%s</w:docPartBody></w:docPart></w:docParts>"
)
_PERSON = (
    '<w15:people xmlns:w15="http://schemas.microsoft.com/office/word/'
    '2012/wordml"><w15:person w15:author="%s">'
    '<w15:presenceInfo w15:providerId="None" w15:userId="%s"/>'
    "</w15:person></w15:people>"
)
_PEOPLE = "http://schemas.microsoft.com/office/2011/relationships/people"

PARTS: Mapping[str, Sequence[Part]] = {
    "header": [_story("hdr", "header1", "header", _P)],
    "footer": [_story("ftr", "footer1", "footer", _P)],
    "footnote": [
        _story("footnotes", "footnotes", "footnotes", f'<w:footnote w:id="1">{_P}</w:footnote>')
    ],
    "endnote": [
        _story("endnotes", "endnotes", "endnotes", f'<w:endnote w:id="1">{_P}</w:endnote>')
    ],
    "comment": [_comments("甲", "j", "{v}")],
    "author of a comment": [_comments("{v}", "j", "乙")],
    "initials of a comment": [_comments("甲", "{v}", "乙")],
    "author in the list of people": [Part("word/people.xml", _PERSON % ("{v}", "x"), _PEOPLE)],
    "account in the list of people": [Part("word/people.xml", _PERSON % ("甲", "{v}"), _PEOPLE)],
    "document variable": [_settings('<w:docVars><w:docVar w:name="n" w:val="{v}"/></w:docVars>')],
    "name of a document variable": [
        _settings('<w:docVars><w:docVar w:name="{v}" w:val="1"/></w:docVars>')
    ],
    "query of a mail merge": [
        _settings("<w:mailMerge><w:query w:val=\"SELECT * WHERE n = '{v}'\"/></w:mailMerge>")
    ],
    "connection of a mail merge": [
        _settings('<w:mailMerge><w:connectString w:val="Data Source={v}"/></w:mailMerge>')
    ],
    "field map of a mail merge": [
        _settings(
            '<w:mailMerge><w:odso><w:fieldMapData><w:mappedName w:val="{v}"/>'
            "</w:fieldMapData></w:odso></w:mailMerge>"
        )
    ],
    "schema in the settings": [_settings('<w:attachedSchema w:val="urn:{v}"/>')],
    "caption in the settings": [_settings('<w:captions><w:caption w:name="{v}"/></w:captions>')],
    "name of a style": [_styles("s", '<w:name w:val="{v}"/>')],
    "alias of a style": [_styles("s", '<w:name w:val="s"/><w:aliases w:val="{v}"/>')],
    "id of a style": [_styles("{v}", '<w:name w:val="s"/>')],
    "text of a numbering": [_numbering("%1、{v}")],
    "name of a numbering": [_numbering("%1", '<w:name w:val="{v}"/>')],
    "name in the font table": [Part("word/fontTable.xml", story("fonts", _FONTS), "fontTable")],
    "alternative name in the font table": [
        Part(
            "word/fontTable.xml",
            story("fonts", '<w:font w:name="f"><w:altName w:val="{v}"/></w:font>'),
            "fontTable",
        )
    ],
    "building block": [
        Part(
            "word/glossary/document.xml",
            story("glossaryDocument", _BLOCK % ("", _P)),
            "glossaryDocument",
        )
    ],
    "name of a building block": [
        Part(
            "word/glossary/document.xml",
            story("glossaryDocument", _BLOCK % ('<w:name w:val="{v}"/>', "")),
            "glossaryDocument",
        )
    ],
    "custom XML": [Part("customXml/item1.xml", "<d><who>{v}</who></d>", "customXml")],
    "attribute of a custom XML part": [Part("customXml/item1.xml", '<d who="{v}"/>', "customXml")],
    "custom XML, encoded twice": [
        Part("customXml/item1.xml", "<d><who>{base64_twice}</who></d>", "customXml")
    ],
    "custom XML, hexadecimal": [
        Part("customXml/item1.xml", "<d><who>{hex_utf16}</who></d>", "customXml")
    ],
    "custom XML, JSON": [Part("customXml/item1.xml", '<d>{"who": "{escapes}"}</d>', "customXml")],
    "custom XML in UTF-16": [
        Part(
            "customXml/item1.xml",
            lambda value: f'<?xml version="1.0" encoding="UTF-16"?><d>{value}</d>'.encode("utf-16"),
            "customXml",
        )
    ],
    "schema of custom XML": [
        Part(
            "customXml/itemProps1.xml",
            '<ds:datastoreItem xmlns:ds="urn:d"><ds:schemaRefs>'
            '<ds:schemaRef ds:uri="urn:{v}"/></ds:schemaRefs>'
            "</ds:datastoreItem>",
        )
    ],
    **{
        f"property {name}": [_property(f"{prefix}:{name}")]
        for prefix, names in {
            "dc": ("creator", "title", "subject", "description", "identifier"),
            "cp": ("keywords", "category", "contentStatus", "lastModifiedBy", "version"),
        }.items()
        for name in names
    },
    **{
        f"property {name}": [Part("docProps/app.xml", APP % f"<{name}>{{v}}</{name}>")]
        for name in ("Company", "Manager", "HyperlinkBase", "Template")
    },
    "titles of parts": [
        Part("docProps/app.xml", APP % "<TitlesOfParts><v><l>{v}</l></v></TitlesOfParts>")
    ],
    "custom property": [Part("docProps/custom.xml", _CUSTOM % ("n", "{v}"), "custom-properties")],
    "name of a custom property": [
        Part("docProps/custom.xml", _CUSTOM % ("{v}", "1"), "custom-properties")
    ],
    "title of a chart": [Part("word/charts/chart1.xml", chart(title="{v}"), "chart")],
    "category of a chart": [Part("word/charts/chart1.xml", chart(category="{v}"), "chart")],
    "formula of a chart": [Part("word/charts/chart1.xml", chart(formula="'{v}'!$A$1"), "chart")],
    "diagram": [
        Part("word/diagrams/data1.xml", xml("a:dataModel", "<a:t>{v}</a:t>"), "diagramData")
    ],
    "theme": [
        Part(
            "word/theme/theme1.xml",
            '<a:theme xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" name="{v}"/>',
            "theme",
        )
    ],
    "embedded document": [Part("word/embeddings/x.docx", _embedded_docx, "package")],
    "embedded object in UTF-16": [
        Part(
            "word/embeddings/o.bin",
            lambda value: b"\x01\x00" + value.encode("utf-16-le"),
            "oleObject",
        )
    ],
    "settings of a printer": [
        Part(
            "word/printerSettings1.bin", lambda value: value.encode("utf-16-le"), "printerSettings"
        )
    ],
    "macros": [
        Part(
            "word/vbaProject.bin",
            lambda value: b"\x00Attribut" + value.encode("gb18030"),
            "http://schemas.microsoft.com/office/2006/relationships/vbaProject",
        )
    ],
    "ink": [
        Part(
            "word/ink/ink1.xml",
            '<ink xmlns="http://www.w3.org/2003/InkML"><annotation>{v}</annotation></ink>',
            "customXml",
        )
    ],
    "web settings": [
        Part(
            "word/webSettings.xml",
            story("webSettings", '<w:divs><w:div w:id="{v}"/></w:divs>'),
            "webSettings",
        )
    ],
    "signature": [
        Part(
            "_xmlsignatures/sig1.xml",
            '<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><Object>'
            "{v}</Object></Signature>",
        )
    ],
    "name of a picture": [Part("word/media/{v}.png", lambda _: picture("png", "x"), "image")],
    "text in a picture (PNG)": [
        Part("word/media/i.png", lambda value: picture("png", value), "image")
    ],
    "compressed text in a picture (PNG)": [
        Part("word/media/i.png", lambda value: picture("png", value, zip="yes"), "image")
    ],
    "comment in a picture (JPEG)": [
        Part("word/media/i.jpeg", lambda value: picture("jpeg", value), "image")
    ],
    "EXIF of a picture (JPEG)": [
        Part("word/media/i.jpeg", lambda value: picture("jpeg", value, exif="yes"), "image")
    ],
    "text in a drawing (SVG)": [
        Part(
            "word/media/i.svg",
            '<svg xmlns="http://www.w3.org/2000/svg"><text>{v}</text></svg>',
            "image",
        )
    ],
    "thumbnail": [Part("docProps/thumbnail.jpeg", lambda value: picture("jpeg", value))],
    "unreferenced part": [Part("word/unused.xml", story("hdr", _P))],
    "type of an unknown part": [Part("word/unused.xml", "<x/>", "", "application/{v}")],
    "imported page (altChunk)": [
        Part("word/chunk.html", "<html><body><p>{v}</p></body></html>", "aFChunk")
    ],
}

LINKS: Mapping[str, str] = {
    "target of a link": "http://a.example/?q={v}",
    "target of a link, percent-encoded": "http://a.example/?q={percent_all}",
    "target of a link, percent-encoded GBK": "http://a.example/?q={percent_gbk}",
    "target of a link, encoded twice": "http://a.example/?q={percent_twice}",
    "target of a link, Base64": "http://a.example/?q={base64}",
    "target of a link, data": "data:text/plain;base64,{base64}",
    "address of mail": "mailto:a@b.example?subject={percent}",
    "file on a share": "file:///\\\\server\\{v}\\a.docx",
}
_CHUNK = f'<w:altChunk r:id="p0" xmlns:r="{OFFICE}"/>'


def places() -> list[Place]:
    found = [Place("DOCX", name, partial(docx, body=body)) for name, body in BODIES.items()]
    for name, parts in PARTS.items():
        body = _CHUNK if "altChunk" in name else ""
        found.append(Place("DOCX", name, partial(docx, body=body, parts=parts)))
    found += [Place("DOCX", name, partial(docx, links=[link])) for name, link in LINKS.items()]
    return [*found, *around_zip("DOCX", lambda value: docx(value, _P if value else ""), MAIN)]
