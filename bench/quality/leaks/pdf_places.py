"""Places in a PDF: text that pages draw, and everything else that its objects hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from bench.quality.leaks.docx_file import docx, picture
from bench.quality.leaks.pdf_file import (
    CONTENT,
    TITLE,
    Letters,
    Stream,
    pdf,
    string,
    updated,
    written_object,
)
from bench.quality.leaks.pdf_text import FORM, FORMS, LATIN, SHOWN
from bench.quality.leaks.place import Place, zipped


def _annotation(
    entries: str, subtype: str = "Text", more: Mapping[int, Any] | None = None
) -> Mapping[str, Any]:
    one = f"<< /Type /Annot /Subtype /{subtype} /Rect [100 400 300 430] {entries} >>"
    return {"page": "/Annots [20 0 R]", "objects": {20: one, **(more or {})}}


def _field(entries: str) -> Mapping[str, Any]:
    one = f"<< /Type /Annot /Subtype /Widget /FT /Tx /Rect [100 400 300 430] {entries} >>"
    return {
        "page": "/Annots [20 0 R]",
        "catalog": "/AcroForm << /Fields [20 0 R] >>",
        "objects": {20: one},
    }


def _catalog(entries: str, more: Mapping[int, Any] | None = None) -> Mapping[str, Any]:
    return {"catalog": entries, "objects": more or {}}


def _structure(entries: str) -> Mapping[str, Any]:
    element = f"<< /Type /StructElem /S /P /P 20 0 R /Pg 3 0 R /K 0 {entries} >>"
    return _catalog(
        "/MarkInfo << /Marked true >> /StructTreeRoot 20 0 R",
        {20: "<< /Type /StructTreeRoot /K [21 0 R] >>", 21: element},
    )


def _file(name: str, data: object, entries: str = "") -> Mapping[str, Any]:
    spec = f"<< /Type /Filespec /F {name} /UF {name} /EF << /F 21 0 R >> {entries} >>"
    return _catalog(
        "/Names << /EmbeddedFiles << /Names [(a) 20 0 R] >> >>",
        {20: spec, 21: Stream(data, "/Type /EmbeddedFile", ("FlateDecode",))},  # type: ignore[arg-type]
    )


_APPEARANCE = "/AP << /N 21 0 R >>"
_XMP = (
    '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/">'
    "<dc:creator>{v}</dc:creator></rdf:Description></rdf:RDF>"
    '</x:xmpmeta><?xpacket end="w"?>'
)
_IMAGE = (
    "/Type /XObject /Subtype /Image /Width 8 /Height 8 /ColorSpace /DeviceGray /BitsPerComponent 8"
)
_DRAW = "q 50 0 0 50 300 300 cm /X Do Q"
_SOUND = "<< /Type /OCG /Name {string} >>"

AROUND: Mapping[str, Mapping[str, Any]] = {
    **{
        f"property {name}": {"info": f"/{name} {{string}}"}
        for name in ("Title", "Author", "Subject", "Keywords", "Creator", "Producer", "Own")
    },
    "property in hexadecimal": {"info": "/Title {hex_string}"},
    "property in octal": {"info": "/Title {octal}"},
    "name of a property": {"info": "{name} (1)"},
    "metadata (XMP)": _catalog(
        "/Metadata 20 0 R", {20: Stream(_XMP, "/Type /Metadata /Subtype /XML")}
    ),
    "metadata of a page": {
        "page": "/Metadata 20 0 R",
        "objects": {20: Stream(_XMP, "/Type /Metadata /Subtype /XML", ("FlateDecode",))},
    },
    "outline": _catalog(
        "/Outlines 20 0 R",
        {
            20: "<< /First 21 0 R /Last 21 0 R /Count 1 >>",
            21: "<< /Title {string} /Parent 20 0 R /Dest [3 0 R /Fit] >>",
        },
    ),
    "label of a page": _catalog("/PageLabels << /Nums [0 << /S /D /P {string} >>] >>"),
    "name of a destination": _catalog("/Names << /Dests << /Names [{string} [3 0 R /Fit]] >> >>"),
    "name of an old destination": _catalog("/Dests << {name} [3 0 R /Fit] >>"),
    "language": _catalog("/Lang {string}"),
    "script on opening": _catalog("/OpenAction << /S /JavaScript /JS {string} >>"),
    "script in a stream": _catalog(
        "/OpenAction << /S /JavaScript /JS 20 0 R >>",
        {20: Stream("var a = '{v}';", "", ("FlateDecode",))},
    ),
    "script with escapes": _catalog(
        "/OpenAction << /S /JavaScript /JS 20 0 R >>", {20: Stream("var a = '{escapes}';", "")}
    ),
    "named script": _catalog(
        "/Names << /JavaScript << /Names [(a) << /S /JavaScript /JS {string} >>] >> >>"
    ),
    "program to be started": _catalog("/OpenAction << /S /Launch /F {string} >>"),
    "address to submit to": _catalog(
        "/OpenAction << /S /SubmitForm /F << /FS /URL /F (http://a.example/{percent}) >> >>"
    ),
    "base of links": _catalog("/URI << /Base (http://a.example/{percent}/) >>"),
    "private data": _catalog("/PieceInfo << /App << /Private << /A {string} >> >> >>"),
    "web capture": _catalog("/SpiderInfo << /V 1.0 /C [<< /URL (http://{percent}) >>] >>"),
    "article": _catalog("/Threads [<< /I << /Title {string} >> >>]"),
    "name of a layer": _catalog("/OCProperties << /OCGs [20 0 R] /D << >> >>", {20: _SOUND}),
    "portfolio": _catalog("/Collection << /Schema << /A << /S /S /N {string} >> >> >>"),
    "output intent": _catalog(
        "/OutputIntents [<< /S /GTS_PDFX /Info {string} /OutputConditionIdentifier (a) >>]"
    ),
    "form (XFA)": _catalog(
        "/AcroForm << /Fields [] /XFA 20 0 R >>",
        {20: Stream("<xdp><data>{v}</data></xdp>", "", ("FlateDecode",))},
    ),
    "unknown entry of the catalog": _catalog("/Own << /A [ [ {string} ] ] >>"),
    "name of an attachment": _file("{string}", "甲"),
    "description of an attachment": _file("(a.txt)", "甲", "/Desc {string}"),
    "text of an attachment": _file("(a.txt)", "{v}"),
    "attached DOCX": _file(
        "(a.docx)", lambda value: docx(value, "<w:p><w:r><w:t>{v}</w:t></w:r></w:p>")
    ),
    "attached zip": _file("(a.zip)", lambda value: zipped({"a.txt": value.encode()})),
    "attached PDF": _file("(a.pdf)", lambda value: pdf(value, content="{show}")),
    "attachment in UTF-16": _file("(a.txt)", lambda value: value.encode("utf-16")),
    "note": _annotation("/Contents {string}"),
    "author of a note": _annotation("/T {string}"),
    "subject of a note": _annotation("/Subj {string}"),
    "name of a note": _annotation("/NM {string}"),
    "rich text of a note": _annotation("/RC (<body><p>{references}</p></body>)"),
    "hidden note": _annotation("/F 2 /Contents {string}"),
    "popup": _annotation("/Parent << /Contents {string} >>", "Popup"),
    "appearance of a stamp": _annotation(
        _APPEARANCE, "Stamp", {21: Stream("1 0 0 1 0 -600 cm {show}", FORM % "")}
    ),
    "other appearance of a stamp": _annotation(
        "/AP << /N 22 0 R /D 21 0 R >>",
        "Stamp",
        {21: Stream("{show}", FORM % ""), 22: Stream("", FORM % "")},
    ),
    "free text": _annotation(
        "/DA (/F1 12 Tf) /Contents {string} " + _APPEARANCE,
        "FreeText",
        {21: Stream("1 0 0 1 0 -590 cm {show}", FORM % "")},
    ),
    "link": _annotation("/A << /S /URI /URI (http://a.example/?q={v}) >>", "Link"),
    "link, percent-encoded": _annotation(
        "/A << /S /URI /URI (http://a.example/?q={percent_all}) >>", "Link"
    ),
    "link, percent-encoded GBK": _annotation(
        "/A << /S /URI /URI (http://a.example/?q={percent_gbk}) >>", "Link"
    ),
    "link, Base64": _annotation("/A << /S /URI /URI (http://a.example/?q={base64}) >>", "Link"),
    "link to a file": _annotation("/A << /S /GoToR /F {string} /D [0 /Fit] >>", "Link"),
    "movie": _annotation("/Movie << /F {string} >>", "Movie"),
    "value of a field": _field("/T (f) /V {string}"),
    "default of a field": _field("/T (f) /DV {string}"),
    "name of a field": _field("/T {string}"),
    "help of a field": _field("/T (f) /TU {string}"),
    "mapping of a field": _field("/T (f) /TM {string}"),
    "caption of a button": _field("/T (f) /FT /Btn /MK << /CA {string} >>"),
    "option of a field": _field("/T (f) /FT /Ch /Opt [(a) {string}]"),
    "signature": _field("/T (f) /FT /Sig /V << /Type /Sig /Name {string} /Contents <00> >>"),
    "bytes of a signature": _field("/T (f) /FT /Sig /V << /Type /Sig /Contents <{hex}> >>"),
    "structure: alternative": _structure("/Alt {string}"),
    "structure: replacement": _structure("/ActualText {string}"),
    "structure: expansion": _structure("/E {string}"),
    "structure: title": _structure("/T {string}"),
    "structure: id": _structure("/ID {string}"),
    "structure: attribute": _structure("/A << /O /Table /Summary {string} >>"),
    "unreferenced string": {"objects": {20: "{string}"}},
    "unreferenced dictionary": {"objects": {20: "<< /A [{string}] >>"}},
    "unreferenced stream": {"objects": {20: Stream("{v}", "", ("FlateDecode",))}},
    "unreferenced stream in Base64": {"objects": {20: Stream("{base64}", "", ("FlateDecode",))}},
    "unreferenced page": {
        "objects": {
            20: "<< /Type /Page /Contents 21 0 R /MediaBox [0 0 9 9] >>",
            21: Stream("{show}", "", ("FlateDecode",)),
        }
    },
    "dictionary of a stream": {"objects": {20: Stream("x", "/Own {string}")}},
    "object stream": {"packed": {20: "<< /A {string} >>", 21: "<< /B 1 >>"}},
    "outline in an object stream": {
        "catalog": "/Outlines 20 0 R",
        "packed": {
            20: "<< /First 21 0 R /Last 21 0 R /Count 1 >>",
            21: "<< /Title {string} /Parent 20 0 R /Dest [3 0 R /Fit] >>",
        },
    },
    "trailer": {"trailer": "/Own {string}"},
    "id of the file": {"trailer": "/ID [{string} <00>]"},
    "entry of a page": {"page": "/Own {string}"},
    "private data of a page": {"page": "/PieceInfo << /App << /Private {string} >> >>"},
    "name of a resource": {
        "resources": "/XObject << {name} 20 0 R >>",
        "objects": {20: Stream("", FORM % "")},
    },
    "name of a font": {
        "objects": {20: "<< /Type /Font /Subtype /Type1 /BaseFont {name} >>"},
        "resources": "/Own << /F 20 0 R >>",
    },
    "name of a colour": {
        "resources": "/ColorSpace << /C [/Separation {name} /DeviceGray << /"
        "FunctionType 2 /Domain [0 1] /N 1 >>] >>"
    },
    "metadata of a picture": {
        "content": _DRAW,
        "resources": "/XObject << /X 20 0 R >>",
        "objects": {
            20: Stream(b"\x80" * 64, _IMAGE + " /Metadata 21 0 R"),
            21: Stream(_XMP, "/Type /Metadata /Subtype /XML"),
        },
    },
    "comment of a picture": {
        "content": _DRAW,
        "resources": "/XObject << /X 20 0 R >>",
        "objects": {
            20: Stream(lambda value: picture("jpeg", value), _IMAGE + " /Filter /DCTDecode")
        },
    },
    "bytes after a picture": {
        "content": _DRAW,
        "resources": "/XObject << /X 20 0 R >>",
        "objects": {20: Stream(lambda value: b"\x80" * 64 + value.encode(), _IMAGE)},
    },
    "alternative of a picture": {
        "content": _DRAW,
        "resources": "/XObject << /X 20 0 R >>",
        "objects": {
            20: Stream(b"\x80" * 64, _IMAGE + " /Alternates [<< /Image 21 0 R >>]"),
            21: Stream(lambda value: b"\x80" * 64 + value.encode(), _IMAGE),
        },
    },
    "thumbnail": {
        "page": "/Thumb 20 0 R",
        "objects": {20: Stream(lambda value: value.encode().ljust(64), _IMAGE)},
    },
}


def _earlier(value: str) -> bytes:
    """The page's earlier content, replaced by an incremental update."""
    letters = Letters(TITLE + value)
    shown = Stream(letters.show(TITLE, 72, 760), filters=("FlateDecode",))
    return updated(pdf(value, content="{show}"), {CONTENT: written_object(shown, value, letters)})


def _vertical(value: str) -> bytes:
    letters = Letters(TITLE + value)
    lines = " ".join(letters.show(char, 300, 700 - 16 * at) for at, char in enumerate(value))
    return pdf(value, content=lines)


def _backwards(value: str) -> bytes:
    letters = Letters(TITLE + value)
    objects = [letters.show(char, 72 + 12 * at, 600) for at, char in enumerate(value)]
    return pdf(value, content=" ".join(reversed(objects)))


def _gbk(value: str) -> bytes:
    """GBK bytes in a font that says WinAnsi, as some old programs write."""
    try:
        coded = f"号{value}".encode("gbk")
    except UnicodeEncodeError:  # a rare character: in GBK only by GB 18030
        coded = f"号{value}".encode("gb18030")
    return pdf(value, content=f"BT /F1 12 Tf 72 600 Td <{coded.hex()}> Tj ET")


def _between(value: str) -> bytes:
    return pdf("").replace(b"endobj\n", b"endobj\n% " + value.encode() + b"\n", 1)


def _shared(value: str) -> bytes:
    letters = Letters(TITLE + value)
    return pdf(
        value,
        content="/X Do",
        resources=FORMS,
        objects={
            2: "<< /Type /Pages /Kids [3 0 R 30 0 R] /Count 2 >>",
            20: Stream("{show}", FORM % ""),
            30: "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 31 "
            f"0 R /Resources << /Font << /F2 6 0 R >> {FORMS} >> >>",
            31: Stream(letters.show(TITLE, 72, 760)),
        },
    )


SPECIAL: Mapping[str, Callable[[str], bytes]] = {
    "earlier revision": _earlier,
    "earlier property": lambda value: updated(
        pdf(value, info="/Title {string}"), {9: b"<< /Title (a) >>"}
    ),
    "object freed by an update": lambda value: updated(
        pdf(value, objects={20: f"<< /A {string(value)} >>"}), {20: b"null"}
    ),
    "bytes after the end": lambda value: pdf("") + value.encode(),
    "bytes before the beginning": lambda value: value.encode() + b"\n" + pdf(""),
    "comment between objects": _between,
    "vertical text": _vertical,
    "text drawn backwards": _backwards,
    "GBK bytes in a WinAnsi font": _gbk,
    "two pages that share their resources": _shared,
}


def places() -> list[Place]:
    found = []
    for name, given in {**SHOWN, **AROUND}.items():
        found.append(Place("PDF", name, partial(pdf, **given)))
    found += [
        Place("PDF", name, partial(pdf, **given), latin=True) for name, given in LATIN.items()
    ]
    found += [Place("PDF", name, build) for name, build in SPECIAL.items()]
    return found
