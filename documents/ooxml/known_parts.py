"""The parts of Office files that are understood. A masked file has no others.

A part is known by its relationship: ECMA-376 part 1, 11 to 15, and MS-DOCX, MS-XLSX, MS-ODRAWXML.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "application/vnd.openxmlformats-officedocument"
_WORD = f"{_OFFICE}.wordprocessingml"
_EXCEL = f"{_OFFICE}.spreadsheetml"
_DRAWING = f"{_OFFICE}.drawingml"
_MICROSOFT = "application/vnd.ms-office"

MAIN, PICTURE, LINK = "officeDocument", "image", "hyperlink"
# Relationships to addresses outside the file.
EXTERNAL = frozenset((LINK, PICTURE))

# Content types, by the last word of the relationship.
_PROPERTIES = {
    "core-properties": "application/vnd.openxmlformats-package.core-properties+xml",
    "extended-properties": f"{_OFFICE}.extended-properties+xml",
    "custom-properties": f"{_OFFICE}.custom-properties+xml",
}
_DRAWINGS = {
    "theme": f"{_OFFICE}.theme+xml",
    "themeOverride": f"{_OFFICE}.themeOverride+xml",
    "chart": f"{_DRAWING}.chart+xml",
    "chartUserShapes": f"{_DRAWING}.chartshapes+xml",
    "chartStyle": f"{_MICROSOFT}.chartstyle+xml",
    "chartColorStyle": f"{_MICROSOFT}.chartcolorstyle+xml",
    "chartEx": f"{_MICROSOFT}.chartex+xml",
    "diagramData": f"{_DRAWING}.diagramData+xml",
    "diagramLayout": f"{_DRAWING}.diagramLayout+xml",
    "diagramQuickStyle": f"{_DRAWING}.diagramStyle+xml",
    "diagramColors": f"{_DRAWING}.diagramColors+xml",
    "diagramDrawing": f"{_MICROSOFT}.drawingml.diagramDrawing+xml",
}
WORD_PARTS: Mapping[str, str] = MappingProxyType(
    {
        MAIN: f"{_WORD}.document.main+xml",
        **_PROPERTIES,
        **_DRAWINGS,
        **{
            kind: f"{_WORD}.{kind}+xml"
            for kind in (
                "styles", "settings", "webSettings", "fontTable", "numbering", "header", "footer",
                "footnotes", "endnotes", "comments", "commentsExtended", "commentsIds",
                "commentsExtensible",
            )
        },
    }
)  # fmt: skip
EXCEL_PARTS: Mapping[str, str] = MappingProxyType(
    {
        MAIN: f"{_EXCEL}.sheet.main+xml",
        **_PROPERTIES,
        **_DRAWINGS,
        **{
            kind: f"{_EXCEL}.{kind}+xml"
            for kind in (
                "worksheet", "chartsheet", "dialogsheet", "styles", "sharedStrings", "comments",
                "table",
            )
        },
        "drawing": f"{_OFFICE}.drawing+xml",
        "vmlDrawing": f"{_OFFICE}.vmlDrawing",
    }
)  # fmt: skip
# What a relationship's type begins with: of the two editions of the standard, and of Microsoft.
_BASES = frozenset(
    (
        RELATIONS,
        f"{PACKAGE}/relationships/metadata",
        f"{RELATIONS}/metadata",
        "http://purl.oclc.org/ooxml/officeDocument/relationships",
        *(
            f"http://schemas.microsoft.com/office/{edition}/relationships"
            for edition in ("2006", "2007", "2011", "2014", "2016/09", "2018/08")
        ),
    )
)
# What is left out, as a person calls it, by the last word of the relationship.
REMOVED: Mapping[str, str] = MappingProxyType(
    {
        "thumbnail": "thumbnails and signatures",
        "origin": "thumbnails and signatures",
        "signature": "thumbnails and signatures",
        "customXml": "custom XML",
        "glossaryDocument": "building blocks",
        "aFChunk": "embedded files",
        "package": "embedded files",
        "oleObject": "embedded files",
        "control": "embedded files",
        "vbaProject": "macros",
        "printerSettings": "printer settings",
        "font": "embedded fonts",
        "people": "authors",
        "person": "authors",
        "threadedComment": "copies of comments",
        "calcChain": "calculation data",
        "pivotTable": "pivot tables",
        "pivotCacheDefinition": "pivot tables",
        "pivotCacheRecords": "pivot tables",
        "externalLink": "copies of other workbooks' cells",
        "connections": "connections",
        "queryTable": "connections",
        "attachedTemplate": "links to files",
    }
)

CONTENT_TYPES = frozenset(
    (
        *WORD_PARTS.values(),
        *EXCEL_PARTS.values(),
        f"{_WORD}.stylesWithEffects+xml",
        "application/vnd.ms-word.stylesWithEffects+xml",
        f"{_OFFICE}.customXmlProperties+xml",
        "application/vnd.openxmlformats-package.relationships+xml",
        "application/xml",
        *(f"image/{kind}" for kind in ("png", "jpeg", "gif", "x-emf", "x-wmf", "tiff", "bmp")),
    )
)
"""Of the parts that ordinary documents have."""
_OTHER_KINDS = frozenset((*REMOVED, PICTURE, LINK, "stylesWithEffects", "customXmlProps"))


def is_usual_relation(relation: str) -> bool:
    """Whether the type of a relationship is one of those that ordinary documents have."""
    kind = kind_of(relation)
    is_known = kind in WORD_PARTS or kind in EXCEL_PARTS or kind in _OTHER_KINDS
    return is_known and relation.rpartition("/")[0] in _BASES


def usual_type(relation: str) -> str:
    """The relationship's type if its beginning is a usual one; else that of the standard."""
    base, _, kind = relation.rpartition("/")
    return relation if base in _BASES else f"{RELATIONS}/{kind}"


def kind_of(relation: str) -> str:
    """The last word of a relationship's type, as the transitional edition writes it."""
    kind = relation.rpartition("/")[2]
    return {
        "extendedProperties": "extended-properties",
        "customProperties": "custom-properties",
    }.get(kind, kind)
