"""Values that the packages of all documents of a format have: names of parts, and what parts are.

They are settings. As text, `word/theme/theme1.xml` would hold the word `theme` in every document.
"""

from __future__ import annotations

import re

from documents.ooxml.known_parts import CONTENT_TYPES, is_usual_relation

# Numbers of more digits may be anything.
_DIGITS = r"\d{0,3}"
_FOLDERS = (
    r"_rels|word|xl|docProps|customXml|theme|worksheets|chartsheets|media|charts|drawings|diagrams|"
    r"tables|comments|glossary|embeddings|fonts|printerSettings|pivotTables|pivotCache|"
    rf"externalLinks|parts|Pages|Res|Tpls|Annots|Attachs|Signs|Tags|(?:Doc|Page|Tpl|Sign)_{_DIGITS}"
)
_FILES = (
    r"document|styles|stylesWithEffects|settings|webSettings|fontTable|numbering|header|footer|"
    r"footnotes|endnotes|comments|commentsExtended|commentsIds|commentsExtensible|people|core|app|"
    r"custom|workbook|worksheet|sheet|sharedStrings|calcChain|theme|themeOverride|chart|style|"
    r"colors|drawing|vmlDrawing|table|connections|item|itemProps|image|data|layout|quickStyle|"
    r"metadata|content|meta|part|OFD|Document|DocumentRes|PublicRes|Content|Annotations?|"
    r"Attachments|Signatures?|CustomTags?"
)
_NAME = re.compile(
    rf"(?:/|(?:\.\./){{1,4}})?(?:(?:{_FOLDERS})/){{0,5}}(?:(?:{_FILES}){_DIGITS}"
    rf"\.(?:xml|vml|png|jpe?g|emf|wmf|gif)(?:\.rels)?|\[Content_Types\]\.xml|\.rels)",
    re.IGNORECASE,
)


def is_usual_name(name: str) -> bool:
    """Whether a part, or a reference to one, has a name that programs give to every such part."""
    return _NAME.fullmatch(name) is not None


def is_package_setting(element: str, attribute: str, value: str) -> bool:
    """Whether a value of a list of parts or relationships holds no text.

    With an empty `attribute`, the value is the text of the element.
    """
    match element, attribute:
        case ("Override", "PartName") | ("Relationship", "Target"):
            return is_usual_name(value)
        case ("Override" | "Default", "ContentType"):
            return value in CONTENT_TYPES
        case "Relationship", "Type":
            return is_usual_relation(value)
        case ("Page" | "TemplatePage", "BaseLoc") | (
            "DocRoot" | "PublicRes" | "DocumentRes" | "FileLoc" | "Annotations",
            "",
        ):
            return is_usual_name(value)
    return False
