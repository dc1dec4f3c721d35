"""Places in an OFD: text on pages, everything around it, the package's other parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from xml.sax.saxutils import escape

from bench.quality.leaks.docx_file import docx, picture
from bench.quality.leaks.place import Part, Place, around_zip, content_of, zipped
from bench.quality.leaks.values import filled
from standin.documents.ofd_builder import NAMESPACE, advance

_SIZE = 4.2
_NS = f'xmlns:ofd="{NAMESPACE}"'
_TITLE = "关于做好防汛工作的通知"
MAIN = "Doc_0/Pages/Page_0/Content.xml"


def text(template: str, x: float = 25, y: float = 60, attributes: str = "", inner: str = "") -> str:
    """A text object; the advances are those of the value's characters, whatever its spelling."""
    return (
        f'<ofd:TextObject ID="8" Boundary="{x} {y} 160 6" Font="3" '
        f'Size="{_SIZE}" {attributes}>{inner}'
        f'<ofd:TextCode X="0" Y="{_SIZE}" DeltaX="{{steps}}">'
        f"{template}</ofd:TextCode></ofd:TextObject>"
    )


def ofd(
    value: str,
    *,
    page: str = "",
    document: str = "",
    common: str = "",
    info: str = "",
    body: str = "",
    layer: str = "",
    after: str = "",
    parts: Sequence[Part] = (),
) -> bytes:
    """An OFD of one page with templates for its objects and for what stands in its main parts."""

    def full(template: str) -> bytes:
        steps = " ".join(f"{advance(char, _SIZE):.3f}" for char in value[:-1])
        return filled(template.replace("{steps}", steps), value).encode()

    title = text(_TITLE, y=30).replace("{steps}", " ".join(["4.2"] * (len(_TITLE) - 1)))
    texts = {
        "OFD.xml": f'<ofd:OFD {_NS} Version="1.0" DocType="OFD"><ofd:DocBody>'
        "<ofd:DocInfo><ofd:DocID>"
        f"0123</ofd:DocID>{info}</ofd:DocInfo><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot>{body}"
        "</ofd:DocBody></ofd:OFD>",
        "Doc_0/Document.xml": f"<ofd:Document {_NS}><ofd:CommonData><ofd:MaxUnitID>"
        "99</ofd:MaxUnitID>"
        f"<ofd:PageArea><ofd:PhysicalBox>0 0 210 297</ofd:PhysicalBox></ofd:PageArea>{common}"
        '</ofd:CommonData><ofd:Pages><ofd:Page ID="1" BaseLoc="Pages/'
        'Page_0/Content.xml"/></ofd:Pages>'
        f"{document}</ofd:Document>",
        MAIN: f'<ofd:Page {_NS}><ofd:Content><ofd:Layer ID="2" {layer}>{title}{page}</ofd:Layer>'
        f"</ofd:Content>{after}</ofd:Page>",
    }
    packed = {path: full(template) for path, template in texts.items()}
    for part in parts:
        content = part.content
        data = full(content) if isinstance(content, str) else content_of(content, value)
        packed[filled(part.path, value)] = data
    return zipped(packed)


def _glyphs(value: str) -> bytes:
    """Glyph numbers that draw other characters than the codes: the codes stay in the file."""
    inner = (
        f'<ofd:CGTransform CodePosition="0" CodeCount="{len(value)}" '
        'GlyphCount="1"><ofd:Glyphs>1</ofd:Glyphs></ofd:CGTransform>'
    )
    return ofd(value, page=text("{v}", inner=inner))


def _spread(value: str) -> bytes:
    """Each character is a text object of its own, in another order than they are read."""
    placed = [
        (25 + sum(advance(one, _SIZE) for one in value[:at]), char) for at, char in enumerate(value)
    ]
    objects = "".join(
        text(escape(char), x=round(x, 3)).replace("{steps}", "") for x, char in placed
    )
    return ofd(value, page=objects)


def _two_codes(value: str) -> bytes:
    half = len(value) // 2
    width = sum(advance(char, _SIZE) for char in value[:half])
    codes = "".join(
        f'<ofd:TextCode X="{x:.3f}" Y="{_SIZE}" DeltaX="'
        + " ".join(f"{advance(char, _SIZE):.3f}" for char in part[:-1])
        + f'">{escape(part)}</ofd:TextCode>'
        for x, part in ((0, value[:half]), (width, value[half:]))
    )
    one = (
        '<ofd:TextObject ID="8" Boundary="25 60 160 6" Font="3" '
        f'Size="{_SIZE}">{codes}</ofd:TextObject>'
    )
    return ofd(value, page=one)


PAGES: Mapping[str, Mapping[str, Any]] = {
    "text": {"page": text("{v}")},
    "text of numeric references": {"page": text("{hex_references}")},
    "CDATA section": {"page": text("<![CDATA[{v}]]>")},
    "invisible text": {"page": text("{v}", attributes='Visible="false"')},
    "transparent text": {"page": text("{v}", attributes='Alpha="0"')},
    "text outside the page": {"page": text("{v}", x=-400)},
    "text in a page block": {"page": f'<ofd:PageBlock ID="7">{text("{v}")}</ofd:PageBlock>'},
    "name of a text object": {"page": text("甲", attributes='Name="{v}"').replace("{steps}", "")},
    "action of an object": {
        "page": text(
            "甲",
            inner='<ofd:Actions><ofd:Action Event="CLICK">'
            '<ofd:URI URI="http://a.example/?q={percent_all}"/></ofd:Action>'
            "</ofd:Actions>",
        ).replace("{steps}", "")
    },
    "text in the background layer": {"layer": 'Type="Background"', "page": text("{v}")},
    "name of a layer": {"layer": 'Name="{v}"'},
    "action of a page": {
        "after": '<ofd:Actions><ofd:Action Event="PO">'
        '<ofd:URI URI="http://a.example/{v}"/></ofd:Action></ofd:Actions>'
    },
    "XML comment": {"page": "<!-- {v} -->"},
    "unknown element": {"after": "<ofd:Other>{v}</ofd:Other>"},
    "unknown attribute": {"layer": 'Other="{v}"'},
    "unknown element in Base64": {"after": "<ofd:Other>{base64}</ofd:Other>"},
    "processing instruction": {"after": "<?note {v}?>"},
    "outline": {"document": '<ofd:Outlines><ofd:OutlineElem Title="{v}"/></ofd:Outlines>'},
    "bookmark": {
        "document": '<ofd:Bookmarks><ofd:Bookmark Name="{v}">'
        '<ofd:Dest Type="XYZ" PageID="1"/></ofd:Bookmark></ofd:Bookmarks>'
    },
    "action of the document": {
        "document": '<ofd:Actions><ofd:Action Event="DO">'
        '<ofd:URI URI="http://a.example/{v}" Base="x"/></ofd:Action>'
        "</ofd:Actions>"
    },
    **{
        f"information {name}": {"info": f"<ofd:{name}>{{v}}</ofd:{name}>"}
        for name in ("Title", "Author", "Subject", "Abstract", "Creator", "Cover")
    },
    "keyword": {
        "info": "<ofd:Keywords><ofd:Keyword>甲</ofd:Keyword><ofd:Keyword>"
        "{v}</ofd:Keyword></ofd:Keywords>"
    },
    "custom data": {
        "info": '<ofd:CustomDatas><ofd:CustomData Name="n">{v}</ofd:CustomData></ofd:CustomDatas>'
    },
    "name of custom data": {
        "info": '<ofd:CustomDatas><ofd:CustomData Name="{v}">1</ofd:CustomData></ofd:CustomDatas>'
    },
    "custom data in Base64": {
        "info": '<ofd:CustomDatas><ofd:CustomData Name="n">'
        "{base64}</ofd:CustomData></ofd:CustomDatas>"
    },
}


def _file(tag: str, content: str) -> str:
    return f"<ofd:{tag} {_NS}>{content}</ofd:{tag}>"


_ANNOTATION = (
    '<ofd:Annot ID="21" Type="%s" Creator="%s" '
    'LastModDate="2026-01-01"><ofd:Remark>%s</ofd:Remark>'
    '<ofd:Parameters><ofd:Parameter Name="n">%s</ofd:Parameter>'
    '</ofd:Parameters><ofd:Appearance Boundary="25 60 160 6">'
    "%s</ofd:Appearance></ofd:Annot>"
)


def _annotation(
    kind: str = "Highlight", who: str = "甲", remark: str = "", value: str = "", shown: str = ""
) -> Mapping[str, Any]:
    page = _file("PageAnnot", _ANNOTATION % (kind, who, remark, value, shown))
    listed = _file(
        "Annotations", '<ofd:Page PageID="1"><ofd:FileLoc>a.xml</ofd:FileLoc></ofd:Page>'
    )
    return {
        "document": "<ofd:Annotations>Annots/Annotations.xml</ofd:Annotations>",
        "parts": [Part("Doc_0/Annots/Annotations.xml", listed), Part("Doc_0/Annots/a.xml", page)],
    }


def _template(page: str) -> Mapping[str, Any]:
    content = _file("Page", f'<ofd:Content><ofd:Layer ID="31">{page}</ofd:Layer></ofd:Content>')
    return {
        "common": '<ofd:TemplatePage ID="30" BaseLoc="Tpls/t.xml"/>',
        "after": '<ofd:Template TemplateID="30" ZOrder="Background"/>',
        "parts": [Part("Doc_0/Tpls/t.xml", content)],
    }


def resource(content: str, page: str = "", files: Sequence[Part] = ()) -> Mapping[str, Any]:
    return {
        "common": "<ofd:DocumentRes>DocumentRes.xml</ofd:DocumentRes>",
        "page": page,
        "parts": [Part("Doc_0/DocumentRes.xml", _file("Res", content)), *files],
    }


_COMPOSITE = (
    '<ofd:CompositeGraphicUnits><ofd:CompositeGraphicUnit ID="40" '
    'Width="210" Height="297"><ofd:Content>{}</ofd:Content>'
    "</ofd:CompositeGraphicUnit></ofd:CompositeGraphicUnits>"
)
_IMAGE = (
    '<ofd:MultiMedias><ofd:MultiMedia ID="41" Type="Image" Format="{}">'
    "<ofd:MediaFile>Res/i.png</ofd:MediaFile></ofd:MultiMedia>"
    "</ofd:MultiMedias>"
)
_FONT = '<ofd:Fonts><ofd:Font ID="3" FontName="{}" FamilyName="{}"/></ofd:Fonts>'
_ATTACHMENT = (
    '<ofd:Attachment ID="a" Name="{}" Format="txt"><ofd:FileLoc>{}</ofd:FileLoc></ofd:Attachment>'
)


def _attached(name: str, path: str, content: str) -> Mapping[str, Any]:
    listed = _file("Attachments", _ATTACHMENT.format(name, path))
    return {
        "document": "<ofd:Attachments>Attachs/Attachments.xml</ofd:Attachments>",
        "parts": [
            Part("Doc_0/Attachs/Attachments.xml", listed),
            Part(f"Doc_0/Attachs/{path}", content),
        ],
    }


def _version(name: str, content: str) -> Mapping[str, Any]:
    listed = _file("DocVersion", f'<ofd:FileList><ofd:File ID="1">{MAIN}</ofd:File></ofd:FileList>')
    old = _file("Page", f'<ofd:Content><ofd:Layer ID="2">{content}</ofd:Layer></ofd:Content>')
    return {
        "body": f'<ofd:Versions><ofd:Version ID="1" Index="0" Name="{name}" '
        'BaseLoc="Doc_0/Vers/v.xml"/></ofd:Versions>',
        "parts": [Part("Doc_0/Vers/v.xml", listed), Part("Doc_0/Vers/old.xml", old)],
    }


def _signed(content: str, name: str = "甲") -> Mapping[str, Any]:
    listed = _file("Signatures", '<ofd:Signature ID="1" BaseLoc="s.xml"/>')
    one = _file(
        "Signature",
        f'<ofd:SignedInfo><ofd:Provider ProviderName="{name}"/>{content}</ofd:SignedInfo>',
    )
    return {
        "body": "<ofd:Signatures>Doc_0/Signs/Signatures.xml</ofd:Signatures>",
        "parts": [Part("Doc_0/Signs/Signatures.xml", listed), Part("Doc_0/Signs/s.xml", one)],
    }


def _tags(content: str) -> Mapping[str, Any]:
    listed = _file(
        "CustomTags",
        '<ofd:CustomTag NameSpace="x"><ofd:FileLoc>t.xml</ofd:FileLoc></ofd:CustomTag>',
    )
    return {
        "document": "<ofd:CustomTags>Tags/CustomTags.xml</ofd:CustomTags>",
        "parts": [Part("Doc_0/Tags/CustomTags.xml", listed), Part("Doc_0/Tags/t.xml", content)],
    }


def _extension(content: str) -> Mapping[str, Any]:
    one = f'<ofd:Extension AppName="a" RefId="1">{content}</ofd:Extension>'
    return {
        "document": "<ofd:Extensions>Extensions.xml</ofd:Extensions>",
        "parts": [Part("Doc_0/Extensions.xml", _file("Extensions", one))],
    }


AROUND: Mapping[str, Mapping[str, Any]] = {
    "text of an annotation": _annotation(shown=text("{v}", x=0, y=0)),
    "creator of an annotation": _annotation(who="{v}"),
    "remark of an annotation": _annotation(remark="{v}"),
    "parameter of an annotation": _annotation(value="{v}"),
    "watermark": _annotation("Watermark", shown=text("{v}", x=0, y=0)),
    "text of a template": _template(text("{v}")),
    "template that no page uses": {**_template(text("{v}")), "after": ""},
    "composite object": resource(
        _COMPOSITE.format(text("{v}")),
        '<ofd:CompositeObject ID="9" Boundary="0 0 210 297" ResourceID="40"/>',
    ),
    "composite object that nothing draws": resource(_COMPOSITE.format(text("{v}"))),
    "name of a font": resource(_FONT.format("{v}", "")),
    "family of a font": resource(_FONT.format("f", "{v}")),
    "format of a picture": resource(
        _IMAGE.format("{v}"), "", [Part("Doc_0/Res/i.png", lambda _: picture("png", "x"))]
    ),
    "text in a picture": resource(
        _IMAGE.format("PNG"),
        '<ofd:ImageObject ID="9" Boundary="0 0 1 1" CTM="1 0 0 1 0 0" ResourceID="41"/>',
        [Part("Doc_0/Res/i.png", lambda value: picture("png", value))],
    ),
    "name of an attachment": _attached("{v}", "a.txt", "甲"),
    "file name of an attachment": _attached("a", "{v}.txt", "甲"),
    "text of an attachment": _attached("a", "a.txt", "{v}"),
    "attached document": {
        **_attached("a", "a.docx", ""),
        "parts": [
            Part(
                "Doc_0/Attachs/Attachments.xml",
                _file("Attachments", _ATTACHMENT.format("a", "a.docx")),
            ),
            Part(
                "Doc_0/Attachs/a.docx",
                lambda value: docx(value, "<w:p><w:r><w:t>{v}</w:t></w:r></w:p>"),
            ),
        ],
    },
    "earlier version": _version("1", text("{v}")),
    "name of a version": _version("{v}", ""),
    "provider of a signature": _signed("", "{v}"),
    "parameter of a signature": _signed(
        '<ofd:Parameters><ofd:Parameter Name="n">{v}</ofd:Parameter></ofd:Parameters>'
    ),
    "signed value": {
        **_signed(""),
        "parts": [Part("Doc_0/Signs/SignedValue.dat", lambda value: b"\x30\x82" + value.encode())],
    },
    "custom tag": _tags('<q:tag xmlns:q="urn:q"><q:who>{v}</q:who></q:tag>'),
    "attribute of a custom tag": _tags('<q:tag xmlns:q="urn:q" who="{v}"/>'),
    "extension": _extension('<ofd:Property Name="n">{v}</ofd:Property>'),
    "name in an extension": _extension('<ofd:Property Name="{v}">1</ofd:Property>'),
    "data of an extension": _extension("<ofd:Data>{base64}</ofd:Data>"),
    "second document in the file": {
        "parts": [Part("Doc_1/Document.xml", _file("Document", "<ofd:Title>{v}</ofd:Title>"))]
    },
}


def places() -> list[Place]:
    found = [Place("OFD", name, partial(ofd, **given)) for name, given in PAGES.items()]
    found += [Place("OFD", name, partial(ofd, **given)) for name, given in AROUND.items()]
    found += [
        Place("OFD", "text in two codes", _two_codes),
        Place("OFD", "text in an object a character", _spread),
        Place("OFD", "text drawn by glyph numbers", _glyphs),
    ]
    whole = PAGES["text"]
    return [*found, *around_zip("OFD", lambda value: ofd(value, **(whole if value else {})), MAIN)]
