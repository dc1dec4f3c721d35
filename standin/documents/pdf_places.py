"""PDF files with one value in one place: text, objects, streams, or bytes between them.

`PLACES` maps a name of each place to a function that returns such a file.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, String
from PIL import Image

Change = Callable[[pikepdf.Pdf, str], None]
_SHOWN = "BT /F1 12 Tf 72 700 Td (Public text) Tj ET"


def blank(content: str = _SHOWN) -> pikepdf.Pdf:
    """A PDF of one page."""
    pdf = pikepdf.new()
    page = Dictionary(
        Type=Name.Page,
        MediaBox=Array([0, 0, 595, 842]),
        Resources=Dictionary(Font=Dictionary(F1=_helvetica(pdf))),
        Contents=pdf.make_stream(content.encode("latin-1")),
    )
    pdf.pages.append(pikepdf.Page(pdf.make_indirect(page)))
    return pdf


def _helvetica(pdf: pikepdf.Pdf) -> Any:
    return pdf.make_indirect(
        Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica,
                   Encoding=Name.WinAnsiEncoding)
    )  # fmt: skip


def saved_pdf(pdf: pikepdf.Pdf) -> bytes:
    written = io.BytesIO()
    pdf.save(written, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return written.getvalue()


def _with(change: Change) -> Callable[[str], bytes]:
    def build(value: str) -> bytes:
        pdf = blank()
        change(pdf, value)
        return saved_pdf(pdf)

    return build


def _shown(content: str) -> Callable[[str], bytes]:
    """A page that shows a content with `{}` for the value."""
    return lambda value: saved_pdf(blank(f"{_SHOWN}\n{content.format(value)}"))


def _text(value: str) -> str:
    return f"BT /F1 12 Tf 10 20 Td ({value}) Tj ET"


def _append(pdf: pikepdf.Pdf, content: str) -> None:
    page = pdf.pages[0]
    data = page.Contents.read_bytes()
    page.Contents = pdf.make_stream(data + b"\n" + content.encode("latin-1"))


def _resource(pdf: pikepdf.Pdf, kind: str, name: str, value: Any) -> None:
    resources = pdf.pages[0].Resources
    if kind not in resources:
        resources[kind] = Dictionary()
    resources[kind][name] = value


def _form(pdf: pikepdf.Pdf, content: str, **more: Any) -> Any:
    form = pdf.make_stream(content.encode("latin-1"))
    form.Type, form.Subtype, form.BBox = Name.XObject, Name.Form, Array([0, 0, 300, 60])
    form.Resources = Dictionary(Font=Dictionary(F1=_helvetica(pdf)), **more)
    return form


def _painted_form(pdf: pikepdf.Pdf, value: str) -> None:
    _resource(pdf, "/XObject", "/X1", _form(pdf, _text(value)))
    _append(pdf, "q 1 0 0 1 72 400 cm /X1 Do Q")


def _nested_form(pdf: pikepdf.Pdf, value: str) -> None:
    inner = _form(pdf, _text(value))
    _resource(pdf, "/XObject", "/X1", _form(pdf, "/X2 Do", XObject=Dictionary(X2=inner)))
    _append(pdf, "q 1 0 0 1 72 400 cm /X1 Do Q")


def _unpainted_form(pdf: pikepdf.Pdf, value: str) -> None:
    _resource(pdf, "/XObject", "/X1", _form(pdf, _text(value)))


def _pattern(pdf: pikepdf.Pdf, value: str) -> None:
    pattern = pdf.make_stream(_text(value).encode())
    for key, one in {
        "/Type": Name.Pattern, "/PatternType": 1, "/PaintType": 1, "/TilingType": 1,
        "/BBox": Array([0, 0, 200, 60]), "/XStep": 200, "/YStep": 60,
        "/Resources": Dictionary(Font=Dictionary(F1=_helvetica(pdf))),
    }.items():  # fmt: skip
        pattern[key] = one
    _resource(pdf, "/Pattern", "/P1", pattern)
    _append(pdf, "/Pattern cs /P1 scn 0 0 595 300 re f")


def _type3(pdf: pikepdf.Pdf, value: str) -> None:
    glyph = pdf.make_stream(f"9000 0 d0 BT /F1 1000 Tf 0 0 Td ({value}) Tj ET".encode())
    font = Dictionary(
        Type=Name.Font, Subtype=Name.Type3, FontBBox=Array([0, 0, 9000, 1000]),
        FontMatrix=Array([0.001, 0, 0, 0.001, 0, 0]), CharProcs=Dictionary(a=glyph),
        Encoding=Dictionary(Type=Name.Encoding, Differences=Array([97, Name.a])),
        FirstChar=97, LastChar=97, Widths=Array([9000]),
        Resources=Dictionary(Font=Dictionary(F1=_helvetica(pdf))),
    )  # fmt: skip
    _resource(pdf, "/Font", "/T3", pdf.make_indirect(font))
    _append(pdf, "BT /T3 12 Tf 72 300 Td (a) Tj ET")


def _type3_digits(pdf: pikepdf.Pdf, value: str) -> None:
    """Each glyph draws one character, and its code says another."""
    chars = sorted(set(value))
    glyphs = {
        f"/g{at}": pdf.make_stream(f"600 0 d0 BT /F1 1000 Tf ({char}) Tj ET".encode())
        for at, char in enumerate(chars)
    }
    names = [Name(name) for name in glyphs]
    font = Dictionary(
        Type=Name.Font, Subtype=Name.Type3, FontBBox=Array([0, 0, 1000, 1000]),
        FontMatrix=Array([0.001, 0, 0, 0.001, 0, 0]), CharProcs=Dictionary(glyphs),
        Encoding=Dictionary(Type=Name.Encoding, Differences=Array([97, *names])),
        FirstChar=97, LastChar=97 + len(names) - 1, Widths=Array([600] * len(names)),
        Resources=Dictionary(Font=Dictionary(F1=_helvetica(pdf))),
    )  # fmt: skip
    codes = "".join(chr(97 + chars.index(char)) for char in value)
    _resource(pdf, "/Font", "/T3", pdf.make_indirect(font))
    _append(pdf, f"BT /T3 12 Tf 72 300 Td ({codes}) Tj ET")


def _soft_mask(pdf: pikepdf.Pdf, value: str) -> None:
    group = _form(pdf, f"1 g {_text(value)}")
    group.Group = Dictionary(S=Name.Transparency, CS=Name.DeviceGray)
    state = Dictionary(SMask=Dictionary(Type=Name.Mask, S=Name.Luminosity, G=group))
    _resource(pdf, "/ExtGState", "/G1", state)
    _append(pdf, "q 1 0 0 1 72 300 cm /G1 gs 0 g 0 0 300 60 re f Q")


def _annotation(pdf: pikepdf.Pdf, **values: Any) -> Any:
    note = pdf.make_indirect(
        Dictionary(Type=Name.Annot, Rect=Array([100, 100, 400, 160]), **values)
    )
    page = pdf.pages[0]
    page.obj["/Annots"] = Array([*page.obj.get("/Annots", []), note])
    return note


def _note(key: str) -> Change:
    def change(pdf: pikepdf.Pdf, value: str) -> None:
        _annotation(pdf, Subtype=Name.Text)[key] = String(value)

    return change


def _appearance(pdf: pikepdf.Pdf, value: str, flags: int = 4) -> None:
    _annotation(pdf, Subtype=Name.Stamp, F=flags, AP=Dictionary(N=_form(pdf, _text(value))))


def _hidden_appearance(pdf: pikepdf.Pdf, value: str) -> None:
    _appearance(pdf, value, flags=2)


def _link(pdf: pikepdf.Pdf, value: str) -> None:
    action = Dictionary(S=Name.URI, URI=String(f"https://a.example/?q={value}"))
    _annotation(pdf, Subtype=Name.Link, A=action)


def _percent_link(pdf: pikepdf.Pdf, value: str) -> None:
    escaped = "".join(f"%{byte:02X}" for byte in value.encode())
    _link(pdf, escaped)


def _script(pdf: pikepdf.Pdf, value: str) -> None:
    action = Dictionary(S=Name.JavaScript, JS=String(f"app.alert('{value}')"))
    pdf.Root.Names = Dictionary(JavaScript=Dictionary(Names=Array([String("a"), action])))


def _script_stream(pdf: pikepdf.Pdf, value: str) -> None:
    script = pdf.make_stream(f"app.alert('{value}')".encode())
    pdf.Root.OpenAction = Dictionary(S=Name.JavaScript, JS=script)


def _page_action(pdf: pikepdf.Pdf, value: str) -> None:
    action = Dictionary(S=Name.JavaScript, JS=String(value))
    pdf.pages[0].obj["/AA"] = Dictionary(O=action)


def _destination(pdf: pikepdf.Pdf, value: str) -> None:
    target = Array([pdf.pages[0].obj, Name.Fit])
    pdf.Root.Names = Dictionary(Dests=Dictionary(Names=Array([String(value), target])))


def _bookmark(pdf: pikepdf.Pdf, value: str) -> None:
    outlines = pdf.make_indirect(Dictionary(Type=Name.Outlines, Count=1))
    item = pdf.make_indirect(Dictionary(Title=String(value), Parent=outlines))
    outlines.First = outlines.Last = item
    pdf.Root.Outlines = outlines


def _info(key: str) -> Change:
    def change(pdf: pikepdf.Pdf, value: str) -> None:
        pdf.docinfo[key] = String(value)

    return change


def _info_key(pdf: pikepdf.Pdf, value: str) -> None:
    pdf.docinfo[f"/K{value}"] = String("x")


_XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF '
    'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" dc:format="{1}"><dc:title>{0}</dc:title>'
    "</rdf:Description></rdf:RDF></x:xmpmeta>"
)


def _metadata(pdf: pikepdf.Pdf, data: str) -> Any:
    stream = pdf.make_stream(data.encode())
    stream.Type, stream.Subtype = Name.Metadata, Name.XML
    return stream


def _xmp(pdf: pikepdf.Pdf, value: str) -> None:
    pdf.Root.Metadata = _metadata(pdf, _XMP.format(value, "application/pdf"))


def _xmp_attribute(pdf: pikepdf.Pdf, value: str) -> None:
    pdf.Root.Metadata = _metadata(pdf, _XMP.format("x", value))


def _page_xmp(pdf: pikepdf.Pdf, value: str) -> None:
    pdf.pages[0].obj["/Metadata"] = _metadata(pdf, _XMP.format(value, "x"))


def _xfa(pdf: pikepdf.Pdf, value: str) -> None:
    data = pdf.make_stream(f"<xdp><data><who>{value}</who></data></xdp>".encode())
    pdf.Root.AcroForm = Dictionary(Fields=Array(), XFA=Array([String("datasets"), data]))


def _field(key: str) -> Change:
    def change(pdf: pikepdf.Pdf, value: str) -> None:
        field = _annotation(pdf, Subtype=Name.Widget, FT=Name.Tx, T=String("f"))
        field[key] = Array([String(value)]) if key == "/Opt" else String(value)
        pdf.Root.AcroForm = Dictionary(Fields=Array([field]))

    return change


def _structure(key: str) -> Change:
    def change(pdf: pikepdf.Pdf, value: str) -> None:
        element = pdf.make_indirect(Dictionary(Type=Name.StructElem, S=Name.P))
        element[key] = String(value)
        pdf.Root.StructTreeRoot = Dictionary(Type=Name.StructTreeRoot, K=element)

    return change


def _layer(pdf: pikepdf.Pdf, value: str, *, off: bool = False) -> Any:
    group = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String(value)))
    default = Dictionary(OFF=Array([group] if off else []))
    pdf.Root.OCProperties = Dictionary(OCGs=Array([group]), D=default)
    _resource(pdf, "/Properties", "/MC0", group)
    return group


def _layer_name(pdf: pikepdf.Pdf, value: str) -> None:
    _layer(pdf, value)


def _hidden_layer(pdf: pikepdf.Pdf, value: str) -> None:
    _layer(pdf, "notes", off=True)
    _append(pdf, f"/OC /MC0 BDC BT /F1 12 Tf 72 300 Td ({value}) Tj ET EMC")


def _page_label(pdf: pikepdf.Pdf, value: str) -> None:
    pdf.Root.PageLabels = Dictionary(Nums=Array([0, Dictionary(P=String(value))]))


def _attachment_name(pdf: pikepdf.Pdf, value: str) -> None:
    pdf.attachments["a"] = pikepdf.AttachedFileSpec(pdf, b"x", filename=f"{value}.txt")


def _attachment(pdf: pikepdf.Pdf, value: str) -> None:
    pdf.attachments["a"] = pikepdf.AttachedFileSpec(pdf, value.encode(), filename="a.txt")


def _resource_name(pdf: pikepdf.Pdf, value: str) -> None:
    _resource(pdf, "/XObject", f"/N{value}", _form(pdf, ""))
    _append(pdf, f"/N{value} Do")


def _private(pdf: pikepdf.Pdf, value: str) -> None:
    data = Dictionary(Private=Dictionary(Who=String(value)))
    pdf.pages[0].obj["/PieceInfo"] = Dictionary(Maker=data)


def _unused(pdf: pikepdf.Pdf, value: str) -> None:
    pdf.Root.Unused = pdf.make_indirect(Array([String(value)]))


def _unused_stream(pdf: pikepdf.Pdf, value: str) -> None:
    pdf.Root.Unused = pdf.make_stream(f"note about {value}".encode())


def _number(pdf: pikepdf.Pdf, value: str) -> None:
    pdf.Root.Unused = int("".join(filter(str.isdigit, value)))


def _meaning(pdf: pikepdf.Pdf, value: str) -> None:
    """One code that a character map says to be the value."""
    text = value.encode("utf-16-be").hex()
    cmap = f"begincmap 1 beginbfchar <41> <{text}> endbfchar endcmap".encode()
    font = _helvetica(pdf)
    font.ToUnicode = pdf.make_stream(cmap)
    _resource(pdf, "/Font", "/F2", font)
    _append(pdf, "BT /F2 12 Tf 72 300 Td (A) Tj ET")


def _map_comment(pdf: pikepdf.Pdf, value: str) -> None:
    font = _helvetica(pdf)
    cmap = f"% {value}\nbegincmap 1 beginbfchar <41> <0041> endbfchar endcmap".encode()
    font.ToUnicode = pdf.make_stream(cmap)
    _resource(pdf, "/Font", "/F2", font)
    _append(pdf, "BT /F2 12 Tf 72 300 Td (A) Tj ET")


def _glyph_name(pdf: pikepdf.Pdf, value: str) -> None:
    font = _helvetica(pdf)
    font.Encoding = Dictionary(Differences=Array([65, Name.A, Name(f"/g{value}")]))
    _resource(pdf, "/Font", "/F2", font)
    _append(pdf, "BT /F2 12 Tf 72 300 Td (A) Tj ET")


def _font_name(pdf: pikepdf.Pdf, value: str) -> None:
    font = _helvetica(pdf)
    font.BaseFont = Name(f"/Font{value}")
    _resource(pdf, "/Font", "/F2", font)
    _append(pdf, "BT /F2 12 Tf 72 300 Td (A) Tj ET")


def _jpeg_comment(pdf: pikepdf.Pdf, value: str) -> None:
    written = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(written, "JPEG", comment=value.encode())
    image = pikepdf.Stream(pdf, written.getvalue())
    for key, one in {
        "/Type": Name.XObject, "/Subtype": Name.Image, "/Width": 8, "/Height": 8,
        "/ColorSpace": Name.DeviceRGB, "/BitsPerComponent": 8, "/Filter": Name.DCTDecode,
    }.items():  # fmt: skip
        image[key] = one
    _resource(pdf, "/XObject", "/Im1", pdf.make_indirect(image))
    _append(pdf, "q 50 0 0 50 72 300 cm /Im1 Do Q")


def _image_tail(pdf: pikepdf.Pdf, value: str) -> None:
    """Bytes after the samples of an image."""
    image = pdf.make_stream(b"\xff" * 64 + value.encode())
    for key, one in {
        "/Type": Name.XObject, "/Subtype": Name.Image, "/Width": 8, "/Height": 8,
        "/ColorSpace": Name.DeviceGray, "/BitsPerComponent": 8,
    }.items():  # fmt: skip
        image[key] = one
    _resource(pdf, "/XObject", "/Im1", image)
    _append(pdf, "q 50 0 0 50 72 300 cm /Im1 Do Q")


def _profile(pdf: pikepdf.Pdf, value: str) -> None:
    profile = pdf.make_stream(b"\0" * 36 + b"acsp" + b"\0" * 60 + f"desc {value}".encode())
    profile.N = 3
    _resource(pdf, "/ColorSpace", "/C1", Array([Name.ICCBased, profile]))
    _append(pdf, "/C1 cs 1 0 0 sc 72 300 20 20 re f")


def _intent(pdf: pikepdf.Pdf, value: str) -> None:
    intent = Dictionary(S=Name.GTS_PDFA1, OutputConditionIdentifier=String("x"))
    intent.Info = String(value)
    pdf.Root.OutputIntents = Array([intent])


def _signature(pdf: pikepdf.Pdf, value: str) -> None:
    signature = Dictionary(Type=Name.Sig, Filter=Name("/Adobe.PPKLite"), Name=String(value))
    signature.Contents = String(b"\x30\x82" + value.encode())
    field = _annotation(pdf, Subtype=Name.Widget, FT=Name.Sig, T=String("s"), V=signature)
    pdf.Root.AcroForm = Dictionary(Fields=Array([field]), SigFlags=3)


def _revision(value: str) -> bytes:
    """An earlier content of the page, which an incremental revision replaces."""
    pdf = blank(f"{_SHOWN} {_text(value)}")
    written = io.BytesIO()
    pdf.save(written, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    data = written.getvalue()
    number = _content_number(data)
    new = zlib.compress(_SHOWN.encode())
    at = len(data)
    body = b"%d 0 obj\n<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream\nendobj\n" % (
        number, len(new), new,
    )  # fmt: skip
    start = int(data.rpartition(b"startxref\n")[2].split()[0])
    size, root = _trailer(data)
    return (
        data
        + body
        + (
            b"xref\n%d 1\n%010d 00000 n \ntrailer\n<< /Size %d /Root %s /Prev %d >>\n"
            b"startxref\n%d\n%%%%EOF\n" % (number, at, size, root, start, at + len(body))
        )
    )


def _content_number(data: bytes) -> int:
    with pikepdf.open(io.BytesIO(data)) as pdf:
        return int(pdf.pages[0].obj.Contents.objgen[0])


def _trailer(data: bytes) -> tuple[int, bytes]:
    with pikepdf.open(io.BytesIO(data)) as pdf:
        return int(pdf.trailer.Size), b"%d 0 R" % pdf.Root.objgen[0]


def _after_end(value: str) -> bytes:
    return saved_pdf(blank()) + f"\n% {value}\n".encode()


def _orphan(value: str) -> bytes:
    return saved_pdf(blank()) + f"\n99 0 obj ({value}) endobj\n".encode()


def _orphan_utf16(value: str) -> bytes:
    digits = ("\ufeff" + value).encode("utf-16-be").hex()
    return saved_pdf(blank()) + f"\n99 0 obj <{digits}> endobj\n".encode()


def _split(value: str) -> bytes:
    half = len(value) // 2
    first, second = value[:half], value[half:]
    return saved_pdf(blank(f"{_SHOWN} BT /F1 12 Tf 72 500 Td [({first}) -20 ({second})] TJ ET"))


def _lines(value: str) -> bytes:
    half = len(value) // 2
    return saved_pdf(
        blank(
            f"{_SHOWN} BT /F1 12 Tf 72 500 Td ({value[:half]}) Tj 0 -14 Td ({value[half:]}) Tj ET"
        )
    )


def _scattered(value: str) -> bytes:
    """Characters that are written from the last to the first."""
    shown = " ".join(
        f"BT /F1 12 Tf {72 + 7 * at} 500 Td ({char}) Tj ET"
        for at, char in reversed(list(enumerate(value)))
    )
    return saved_pdf(blank(f"{_SHOWN} {shown}"))


def _two_pages(value: str) -> bytes:
    half = len(value) // 2
    pdf = blank(f"BT /F1 12 Tf 72 100 Td ({value[:half]}) Tj 200 -50 Td (- 1 -) Tj ET")
    second = blank(f"BT /F1 12 Tf 72 700 Td ({value[half:]}) Tj ET")
    pdf.pages.extend(second.pages)
    return saved_pdf(pdf)


PLACES: Mapping[str, Callable[[str], bytes]] = MappingProxyType(
    {
        "text": _shown("BT /F1 12 Tf 72 500 Td ({}) Tj ET"),
        "text in pieces": _split,
        "text on two lines": _lines,
        "text on two pages": _two_pages,
        "text in another order": _scattered,
        "text by the operator '": _shown("BT /F1 12 Tf 14 TL 72 500 Td ({}) ' ET"),
        "invisible text": _shown("BT 3 Tr /F1 12 Tf 72 500 Td ({}) Tj ET"),
        "white text": _shown("1 g BT /F1 12 Tf 72 500 Td ({}) Tj ET"),
        "text outside the page": _shown("BT /F1 12 Tf 72 5000 Td ({}) Tj ET"),
        "form": _with(_painted_form),
        "nested form": _with(_nested_form),
        "unpainted form": _with(_unpainted_form),
        "pattern": _with(_pattern),
        "Type 3 glyph": _with(_type3),
        "Type 3 glyphs": _with(_type3_digits),
        "soft mask": _with(_soft_mask),
        "hidden layer": _with(_hidden_layer),
        "alternative text in content": _shown("/Span << /ActualText ({}) >> BDC EMC"),
        "comment in content": _shown("% {}"),
        "name in content": _with(_resource_name),
        "annotation": _with(_note("/Contents")),
        "author of an annotation": _with(_note("/T")),
        "rich text of an annotation": _with(_note("/RC")),
        "appearance": _with(_appearance),
        "hidden appearance": _with(_hidden_appearance),
        "link": _with(_link),
        "escaped link": _with(_percent_link),
        "script": _with(_script),
        "script in a stream": _with(_script_stream),
        "action of a page": _with(_page_action),
        "destination": _with(_destination),
        "bookmark": _with(_bookmark),
        "title": _with(_info("/Title")),
        "own property": _with(_info("/Case")),
        "name of a property": _with(_info_key),
        "XMP": _with(_xmp),
        "attribute in XMP": _with(_xmp_attribute),
        "XMP of a page": _with(_page_xmp),
        "XFA": _with(_xfa),
        "field": _with(_field("/V")),
        "name of a field": _with(_field("/T")),
        "default of a field": _with(_field("/DV")),
        "label of a field": _with(_field("/TU")),
        "choice of a field": _with(_field("/Opt")),
        "actual text of structure": _with(_structure("/ActualText")),
        "alternative text of structure": _with(_structure("/Alt")),
        "expansion in structure": _with(_structure("/E")),
        "name of a layer": _with(_layer_name),
        "page label": _with(_page_label),
        "name of an attachment": _with(_attachment_name),
        "attachment": _with(_attachment),
        "private data": _with(_private),
        "unused object": _with(_unused),
        "unused stream": _with(_unused_stream),
        "number": _with(_number),
        "meaning of a code": _with(_meaning),
        "comment in a character map": _with(_map_comment),
        "name of a glyph": _with(_glyph_name),
        "name of a font": _with(_font_name),
        "comment in a JPEG": _with(_jpeg_comment),
        "bytes after an image": _with(_image_tail),
        "colour profile": _with(_profile),
        "output intent": _with(_intent),
        "signature": _with(_signature),
        "earlier revision": _revision,
        "after the end": _after_end,
        "object in no table": _orphan,
        "UTF-16 in no table": _orphan_utf16,
    }
)
"""The file of a place, for an ASCII value of digits or letters."""
