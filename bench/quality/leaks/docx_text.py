"""Places in the main part of a DOCX: templates of its body, by name."""

from __future__ import annotations

from collections.abc import Mapping


def run(text: str, properties: str = "") -> str:
    shape = f"<w:rPr>{properties}</w:rPr>" if properties else ""
    return f'<w:r>{shape}<w:t xml:space="preserve">{text}</w:t></w:r>'


def paragraph(content: str) -> str:
    return f"<w:p>{content}</w:p>"


def _field(instruction: str) -> str:
    return (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        f'{instruction}<w:r><w:fldChar w:fldCharType="separate"/></w:r>{run("结果")}'
        '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )


def _control(properties: str, content: str = "甲") -> str:
    return (
        f"<w:sdt><w:sdtPr>{properties}</w:sdtPr><w:sdtContent>{run(content)}</w:sdtContent></w:sdt>"
    )


def _form(data: str) -> str:
    return (
        f'<w:r><w:fldChar w:fldCharType="begin"><w:ffData>{data}</w:ffData></w:fldChar></w:r>'
        "<w:r><w:instrText> FORMTEXT </w:instrText></w:r>"
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r>'
        + run("甲")
        + '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )


def _drawing(attributes: str, content: str = "", uri: str = "") -> str:
    data = f'<a:graphic><a:graphicData uri="{uri}">{content}</a:graphicData></a:graphic>'
    return (
        '<w:r><w:drawing><wp:inline><wp:extent cx="9525" cy="9525"/>'
        f'<wp:docPr id="1" {attributes}/>{data if content else ""}</wp:inline></w:drawing></w:r>'
    )


def _changed(tag: str, content: str, author: str = "甲") -> str:
    return (
        f'<w:{tag} w:id="7" w:author="{author}" w:date="2026-01-01T00:00:00Z">{content}</w:{tag}>'
    )


_BOX = "<w:txbxContent>" + paragraph(run("{v}")) + "</w:txbxContent>"
_SHAPE = f'<wps:wsp><wps:cNvPr id="2" name="n"/><wps:txbx>{_BOX}</wps:txbx><wps:bodyPr/></wps:wsp>'
_WPS = "http://schemas.microsoft.com/office/word/2010/wordprocessingShape"
_ALTERNATE = (
    '<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:t>甲</w:t></mc:Choice>'
    "<mc:Fallback><w:t>{v}</w:t></mc:Fallback></mc:AlternateContent></w:r>"
)
_RUBY = (
    "<w:r><w:ruby><w:rubyPr/><w:rt><w:r><w:t>%s</w:t></w:r></w:rt><w:rubyBase><w:r><w:t>%s</w:t>"
    "</w:r></w:rubyBase></w:ruby></w:r>"
)
_TABLE = (
    "<w:tbl><w:tblPr>%s</w:tblPr><w:tblGrid><w:gridCol/></w:tblGrid>"
    "<w:tr><w:tc>%s</w:tc></w:tr></w:tbl>"
)
_EMPTY = paragraph("")

BODIES: Mapping[str, str] = {
    "text": paragraph(run("{v}")),
    "text split over two runs": paragraph(run("{a}") + run("{b}", "<w:b/>")),
    "text split by a bookmark": paragraph(
        run("{a}") + '<w:bookmarkStart w:id="1" w:name="b"/><w:bookmarkEnd w:id="1"/>' + run("{b}")
    ),
    "text split by an error mark": paragraph(
        run("{a}") + '<w:proofErr w:type="spellStart"/>' + run("{b}")
    ),
    "text split over a link": paragraph(
        run("{a}") + '<w:hyperlink w:anchor="x">' + run("{b}") + "</w:hyperlink>"
    ),
    "text of numeric references": paragraph(run("{references}")),
    "text of hexadecimal references": paragraph(run("{hex_references}")),
    "CDATA section": paragraph(run("<![CDATA[{v}]]>")),
    "full-width text": paragraph(run("{wide}")),
    "text with zero-width spaces": paragraph(run("{zero_width}")),
    "text with a soft hyphen": paragraph("<w:r><w:t>{a}</w:t><w:softHyphen/><w:t>{b}</w:t></w:r>"),
    "white text": paragraph(run("{v}", '<w:color w:val="FFFFFF"/>')),
    "hidden text": paragraph(run("{v}", "<w:vanish/>")),
    "text hidden on the web": paragraph(run("{v}", "<w:webHidden/>")),
    "inserted text": paragraph(_changed("ins", run("{v}"))),
    "deleted text": paragraph(_changed("del", "<w:r><w:delText>{v}</w:delText></w:r>")),
    "moved text": paragraph(_changed("moveFrom", run("{v}"))),
    "deleted field code": paragraph(
        _changed("del", "<w:r><w:delInstrText>REF {v}</w:delInstrText></w:r>")
    ),
    "author of a change": paragraph(_changed("ins", run("甲"), "{v}")),
    "author of a change of format": paragraph(
        "<w:r><w:rPr>" + _changed("rPrChange", "<w:rPr/>", "{v}") + "</w:rPr><w:t>甲</w:t></w:r>"
    ),
    "table cell": _TABLE % ("", paragraph(run("{v}"))) + _EMPTY,
    "cell of a nested table": _TABLE % ("", _TABLE % ("", paragraph(run("{v}"))) + _EMPTY) + _EMPTY,
    "caption of a table": _TABLE % ('<w:tblCaption w:val="{v}"/>', _EMPTY) + _EMPTY,
    "description of a table": _TABLE % ('<w:tblDescription w:val="{v}"/>', _EMPTY) + _EMPTY,
    "field code": paragraph(_field("<w:r><w:instrText> MERGEFIELD {v} </w:instrText></w:r>")),
    "field code split over runs": paragraph(
        _field(
            "<w:r><w:instrText> QUOTE {a}</w:instrText></w:r><w:r><w:instrText>{b} "
            "</w:instrText></w:r>"
        )
    ),
    "link in a field code, percent-encoded": paragraph(
        _field(
            '<w:r><w:instrText> HYPERLINK "http://a.example/?q={percent_all}" </w:instrText></w:r>'
        )
    ),
    "code of a simple field": paragraph(
        '<w:fldSimple w:instr=" DOCVARIABLE {v} ">' + run("甲") + "</w:fldSimple>"
    ),
    "result of a simple field": paragraph(
        '<w:fldSimple w:instr=" DATE ">' + run("{v}") + "</w:fldSimple>"
    ),
    "default of a form field": paragraph(
        _form('<w:textInput><w:default w:val="{v}"/></w:textInput>')
    ),
    "name of a form field": paragraph(_form('<w:name w:val="{v}"/>')),
    "help of a form field": paragraph(_form('<w:helpText w:type="text" w:val="{v}"/>')),
    "status line of a form field": paragraph(_form('<w:statusText w:type="text" w:val="{v}"/>')),
    "macro of a form field": paragraph(_form('<w:entryMacro w:val="{v}"/>')),
    "entry of a form field's list": paragraph(
        _form('<w:ddList><w:listEntry w:val="甲"/><w:listEntry w:val="{v}"/></w:ddList>')
    ),
    "field data in Base64": paragraph(
        '<w:r><w:fldChar w:fldCharType="begin"><w:fldData>{base64}</w:fldData></w:fldChar></w:r>'
        '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    ),
    "title of a control": paragraph(_control('<w:alias w:val="{v}"/>')),
    "tag of a control": paragraph(_control('<w:tag w:val="{v}"/>')),
    "text of a control": paragraph(_control("", "{v}")),
    "shown entry of a control's list": paragraph(
        _control('<w:dropDownList><w:listItem w:displayText="{v}" w:value="1"/></w:dropDownList>')
    ),
    "value of a control's list": paragraph(
        _control('<w:comboBox><w:listItem w:displayText="甲" w:value="{v}"/></w:comboBox>')
    ),
    "last value of a control's list": paragraph(
        _control('<w:comboBox w:lastValue="{v}"><w:listItem w:value="甲"/></w:comboBox>')
    ),
    "binding of a control": paragraph(
        _control(
            '<w:dataBinding w:prefixMappings="xmlns:q=\'urn:{v}\'" w:xpath="/q:a" '
            'w:storeItemID="{00000000-0000-0000-0000-000000000001}"/>'
        )
    ),
    "name of a bookmark": paragraph('<w:bookmarkStart w:id="1" w:name="b_{v}"/>' + run("甲")),
    "anchor of a link": paragraph('<w:hyperlink w:anchor="{v}">' + run("甲") + "</w:hyperlink>"),
    "tip of a link": paragraph('<w:hyperlink w:tooltip="{v}">' + run("甲") + "</w:hyperlink>"),
    "frame of a link": paragraph('<w:hyperlink w:tgtFrame="{v}">' + run("甲") + "</w:hyperlink>"),
    "attribute of a smart tag": paragraph(
        '<w:smartTag w:uri="urn:x" w:element="person"><w:smartTagPr><w:attr w:name="n" '
        'w:val="{v}"/></w:smartTagPr>' + run("甲") + "</w:smartTag>"
    ),
    "attribute of custom XML": paragraph(
        '<w:customXml w:uri="urn:x" w:element="person"><w:customXmlPr><w:attr w:name="n" '
        'w:val="{v}"/></w:customXmlPr>' + run("甲") + "</w:customXml>"
    ),
    "text above characters (ruby)": paragraph(_RUBY % ("{v}", "甲")),
    "text below ruby": paragraph(_RUBY % ("jia", "{v}")),
    "formula": paragraph("<m:oMath><m:r><m:t>{v}</m:t></m:r></m:oMath>"),
    "text box (VML)": paragraph(
        f"<w:r><w:pict><v:shape><v:textbox>{_BOX}</v:textbox></v:shape></w:pict></w:r>"
    ),
    "text box (drawing)": paragraph(_drawing('name="n"', _SHAPE, _WPS)),
    "alternative for old programs": paragraph(_ALTERNATE),
    "description of a drawing": paragraph(_drawing('name="n" descr="照片 {v}"')),
    "name of a drawing": paragraph(_drawing('name="{v}"')),
    "title of a drawing": paragraph(_drawing('name="n" title="{v}"')),
    "extension of a drawing": paragraph(
        _drawing(
            'name="n"',
            '<wps:wsp><wps:cNvPr id="2" name="n"><a:extLst><a:ext uri="x"><q:q '
            'xmlns:q="urn:q" q="{v}"/></a:ext></a:extLst></wps:cNvPr><wps:bodyPr/></wps:wsp>',
            _WPS,
        )
    ),
    "word art (VML)": paragraph(
        '<w:r><w:pict><v:shape><v:textpath string="{v}"/></v:shape></w:pict></w:r>'
    ),
    "alternative text (VML)": paragraph('<w:r><w:pict><v:shape alt="{v}"/></w:pict></w:r>'),
    "title of a picture (VML)": paragraph(
        '<w:r><w:pict><v:shape><v:imagedata o:title="{v}"/></v:shape></w:pict></w:r>'
    ),
    "link of a shape (VML)": paragraph('<w:r><w:pict><v:shape href="x?{percent}"/></w:pict></w:r>'),
    "field codes of an object": paragraph(
        '<w:r><w:object><o:OLEObject Type="Link" ProgID="x"><o:FieldCodes>{v}</o:FieldCodes>'
        "</o:OLEObject></w:object></w:r>"
    ),
    "picture data in Base64 (VML)": paragraph(
        '<w:r><w:pict><v:shape o:gfxdata="{base64_utf16}"/></w:pict></w:r>'
    ),
    "XML comment": paragraph(run("甲")) + "<!-- {v} -->",
    "processing instruction": paragraph(run("甲")) + "<?note {v}?>",
    "unknown attribute": '<w:p q:q="{v}" xmlns:q="urn:q">' + run("甲") + "</w:p>",
    "unknown attribute in Base64": '<w:p q:q="{base64}" xmlns:q="urn:q">' + run("甲") + "</w:p>",
    "unknown element": paragraph(run("甲")) + '<q:q xmlns:q="urn:q">{v}</q:q>',
    "namespace": paragraph(run("甲")) + '<q:q xmlns:q="urn:{v}"/>',
    "name of a style that is not defined": paragraph(
        f'<w:pPr><w:pStyle w:val="{{v}}"/></w:pPr>{run("甲")}'
    ),
    "name of a font": paragraph(run("甲", '<w:rFonts w:ascii="{v}"/>')),
    "language": paragraph(run("甲", '<w:lang w:val="{v}"/>')),
    "paragraph id": '<w:p w14:paraId="{v}">' + run("甲") + "</w:p>",
}
