"""Text that the pages of a PDF draw, in every way, as templates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench.quality.leaks.pdf_file import Stream

FORM = (
    "/Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources << /"
    "Font << /F1 5 0 R /F2 6 0 R >> %s >>"
)
FORMS = "/XObject << /X 20 0 R >>"
_STATE = "/ExtGState << /G << /SMask << /S /Luminosity /G 20 0 R >> >> >>"
_PATTERN = (
    "/PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 595 842] /"
    "XStep 595 /YStep 842 /Resources << /Font << /F1 5 0 R /F2 6 0 R >>"
    " >>"
)
_COVER = "0.9 g 60 580 400 40 re f 0 g"

# What pages draw. `{show}` draws the value at 72, 600.
SHOWN: Mapping[str, Mapping[str, Any]] = {
    "text": {"content": "{show}"},
    "text in two strings": {"content": "BT /F2 12 Tf 72 600 Td <{codes_a}> Tj <{codes_b}> Tj ET"},
    "text in two text objects": {"content": "{show_a} {show_b}"},
    "text in an array with kerning": {"content": "BT /F2 12 Tf 72 600 Td [{kerned}] TJ ET"},
    "text on the next line (')": {"content": "BT /F2 12 Tf 14 TL 72 614 Td <{codes}> ' ET"},
    'text with spacing (")': {"content": 'BT /F2 12 Tf 14 TL 72 614 Td 0 0 <{codes}> " ET'},
    "form": {
        "content": "/X Do",
        "resources": FORMS,
        "objects": {20: Stream("{show}", FORM % "")},
    },
    "form in a form": {
        "content": "/X Do",
        "resources": FORMS,
        "objects": {
            20: Stream("/Y Do", FORM % "/XObject << /Y 21 0 R >>"),
            21: Stream("{show}", FORM % ""),
        },
    },
    "form that the page does not draw": {
        "resources": FORMS,
        "objects": {20: Stream("{show}", FORM % "")},
    },
    "pattern": {
        "content": "/Pattern cs /P scn 0 0 595 842 re f",
        "resources": "/Pattern << /P 20 0 R >>",
        "objects": {20: Stream("{show}", _PATTERN)},
    },
    "pattern that the page does not use": {
        "resources": "/Pattern << /P 20 0 R >>",
        "objects": {20: Stream("{show}", _PATTERN)},
    },
    "soft mask": {
        "content": "/G gs 0 0 1 rg 0 500 595 200 re f",
        "resources": _STATE,
        "objects": {
            20: Stream("1 g {show}", FORM % "" + " /Group << /S /Transparency /CS /DeviceGray >>")
        },
    },
    "glyph of a Type 3 font": {
        "content": "BT /T 1 Tf 0 0 Td (a) Tj ET",
        "fonts": "/T 20 0 R",
        "objects": {
            20: "<< /Type /Font /Subtype /Type3 /FontBBox [0 0 595 842] /"
            "FontMatrix [1 0 0 1 0 0] /CharProcs << /a 21 0 R >>"
            " /Encoding << /Type /Encoding /Differences [97 /a] >>"
            " /FirstChar 97 /LastChar 97 /Widths [595] /Resources << /Font << /"
            "F1 5 0 R /F2 6 0 R >> >> >>",
            21: Stream("595 0 d0 {show}"),
        },
    },
    "invisible text": {"content": "3 Tr {show}"},
    "clipping text": {"content": "q 7 Tr {show} Q"},
    "white text": {"content": "1 g {show}"},
    "transparent text": {"content": "/G gs {show}", "resources": "/ExtGState << /G << /ca 0 >> >>"},
    "text behind a rectangle": {"content": "{show} " + _COVER},
    "text outside the page": {"content": "1 0 0 1 -2000 0 cm {show}"},
    "text outside the crop box": {"content": "{show}", "page": "/CropBox [0 700 595 842]"},
    "text outside a clip": {"content": "q 0 0 10 10 re W n {show} Q"},
    "tiny text": {"content": "0.01 0 0 0.01 300 300 cm {show}"},
    "rotated text": {"content": "0 1 -1 0 700 0 cm {show}"},
    "text of a rotated page": {"content": "{show}", "page": "/Rotate 90"},
    "hidden layer": {
        "content": "/OC /L BDC {show} EMC",
        "resources": "/Properties << /L 20 0 R >>",
        "catalog": "/OCProperties << /OCGs [20 0 R] /D << /OFF [20 0 R] >> >>",
        "objects": {20: "<< /Type /OCG /Name (L) >>"},
    },
    "replacement text (ActualText)": {"content": "/Span << /ActualText {string} >> BDC 0 0 m EMC"},
    "alternative in a property list": {
        "content": "/Span /L BDC 0 0 m EMC",
        "resources": "/Properties << /L 20 0 R >>",
        "objects": {20: "<< /Alt {string} >>"},
    },
    "name of a mark in a content stream": {"content": "{name} MP"},
    "comment in a content stream": {"content": "% {v}\n0 0 m"},
    "string without an operator": {"content": "{string} pop 0 0 m"},
    "inline picture": {"content": "BI /W 2 /H 2 /BPC 8 /CS /G /L {string} ID aaaa EI"},
    "second content stream": {
        "page": "/Contents [4 0 R 20 0 R]",
        "objects": {20: Stream("{show}")},
    },
    "content, ASCIIHex": {"content": "{show}", "filters": ("ASCIIHexDecode",)},
    "content, ASCII85 and Flate": {
        "content": "{show}",
        "filters": ("ASCII85Decode", "FlateDecode"),
    },
    "content, LZW": {"content": "{show}", "filters": ("LZWDecode",)},
    "content, run length": {"content": "{show}", "filters": ("RunLengthDecode",)},
    "content, Flate twice": {"content": "{show}", "filters": ("FlateDecode", "FlateDecode")},
    "content, plain": {"content": "{show}", "filters": ()},
}
LATIN: Mapping[str, Mapping[str, Any]] = {
    "literal text": {"content": "BT /F1 12 Tf 72 600 Td ({v}) Tj ET"},
    "octal text": {"content": "BT /F1 12 Tf 72 600 Td {octal} Tj ET"},
    "hexadecimal text": {"content": "BT /F1 12 Tf 72 600 Td {hex_string} Tj ET"},
    "broken literal": {"content": "BT /F1 12 Tf 72 600 Td {broken} Tj ET"},
    "text over two lines with a hyphen": {
        "content": "BT /F1 12 Tf 72 600 Td ({a}-) Tj 0 -14 Td ({b}) Tj ET"
    },
}
