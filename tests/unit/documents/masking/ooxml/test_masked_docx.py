from __future__ import annotations

import base64
import html
import io
import zipfile
from pathlib import Path
from urllib.parse import quote

import pytest
from docx import Document as WordDocument

from documents.readers import docx
from standin.documents.builders import LIMITS, docx_with, saved
from standin.documents.docx_parts import related
from tests.unit.documents.masking.masks import NAME, PERSON, PHONE, masked

SAMPLES = Path(__file__).parents[4] / "samples/cases"
W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
NAMES = (
    f'xmlns:w="{W}" xmlns:r="{R}" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart" '
    'xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml" '
    'xmlns:x="urn:unknown"'
)


def run(text: str) -> str:
    return f"<w:r><w:t>{text}</w:t></w:r>"


def p(runs: str) -> str:
    return f"<w:p>{runs}</w:p>"


BASE64 = base64.b64encode(NAME.encode()).decode()
# By the name of the place.
IN_BODY = {
    "text": p(run(NAME)),
    "over runs": p(run(NAME[:2]) + run(NAME[2:])),
    "hidden": p(f"<w:r><w:rPr><w:vanish/></w:rPr><w:t>{NAME}</w:t></w:r>"),
    "deleted": p(f'<w:del w:author="{NAME}"><w:r><w:delText>{NAME}</w:delText></w:r></w:del>'),
    "inserted": p(f'<w:ins w:id="1" w:author="{NAME}" w:initials="{NAME}">{run(NAME)}</w:ins>'),
    "formatting change": p(f'<w:pPr><w:pPrChange w:author="{NAME}"/></w:pPr>'),
    "field code": p(f"<w:r><w:instrText>QUOTE {NAME[:1]}</w:instrText></w:r>"
                    f"<w:r><w:instrText>{NAME[1:]}</w:instrText></w:r>"),
    "link in a field": p(f'<w:r><w:instrText>HYPERLINK "http://x/{quote(NAME)}"</w:instrText></w:r>'),
    "link in GBK": p(f'<w:r><w:instrText>HYPERLINK "http://x/{quote(NAME.encode("gbk"))}"'
                     "</w:instrText></w:r>"),
    "simple field": p(f'<w:fldSimple w:instr="QUOTE {NAME}"/>'),
    "data of a field": p(f"<w:r><w:fldData>{BASE64}</w:fldData></w:r>"),
    "bookmark": p(f'<w:bookmarkStart w:id="1" w:name="{NAME}"/><w:bookmarkEnd w:id="1"/>'),
    "tooltip": p(f'<w:hyperlink w:tooltip="{NAME}" w:anchor="{NAME}">{run("链接")}</w:hyperlink>'),
    "content control": f'<w:sdt><w:sdtPr><w:alias w:val="{NAME}"/><w:tag w:val="{NAME}"/>'
    f'<w:dropDownList><w:listItem w:displayText="{NAME}" w:value="{NAME}"/></w:dropDownList>'
    f'<w:dataBinding w:xpath="/x/{NAME}"/></w:sdtPr><w:sdtContent>{p(run("值"))}</w:sdtContent>'
    "</w:sdt>",
    "form field": p(f'<w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:name w:val="{NAME}"/>'
                    f'<w:helpText w:val="{NAME}"/><w:textInput><w:default w:val="{NAME}"/>'
                    "</w:textInput></w:ffData></w:fldChar></w:r>"),
    "choice of a form": p('<w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:ddList>'
                          f'<w:listEntry w:val="{NAME}"/></w:ddList></w:ffData></w:fldChar></w:r>'
                          '<w:r><w:fldChar w:fldCharType="end"/></w:r>'),
    "equation in a field": p('<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
                             rf"<w:r><w:instrText>EQ \f({NAME},2)</w:instrText></w:r>"
                             '<w:r><w:fldChar w:fldCharType="end"/></w:r>'),
    "joined paragraphs": f"<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr>{run(NAME[:2])}</w:p>"
    f"{p(run(NAME[2:]))}",
    "description": p(f'<w:r><w:drawing><wp:inline><wp:docPr id="1" name="{NAME}" title="{NAME}" '
                     f'descr="{NAME}"/></wp:inline></w:drawing></w:r>'),
    "text box": p("<w:r><w:pict><v:shape><v:textbox><w:txbxContent>"
                  f"{p(run(NAME))}</w:txbxContent></v:textbox></v:shape></w:pict></w:r>"),
    "word art": p(f'<w:r><w:pict><v:shape alt="{NAME}" o:title="{NAME}"><v:textpath '
                  f'string="{NAME}"/></v:shape></w:pict></w:r>'),
    "compressed copy": p(f'<w:r><w:pict><v:shape o:gfxdata="{BASE64}"/></w:pict></w:r>'),
    "choice and fallback": p(f'<w:r><mc:AlternateContent><mc:Choice Requires="w14">'
                             f"<w:t>{NAME}</w:t></mc:Choice><mc:Fallback><w:t>{NAME}</w:t>"
                             "</mc:Fallback></mc:AlternateContent></w:r>"),
    "reading": p(f"<w:r><w:ruby><w:rt>{run(NAME)}</w:rt><w:rubyBase>{run('字')}</w:rubyBase>"
                 "</w:ruby></w:r>"),
    "symbols": p(f'<w:r><w:sym w:font="{NAME}" w:char="0041"/></w:r>'),
    "smart tag": p(f'<w:smartTag w:uri="{NAME}" w:element="{NAME}">{run("字")}</w:smartTag>'),
    "custom XML": p(f'<w:customXml w:uri="{NAME}" w:element="{NAME}"><w:customXmlPr><w:attr '
                    f'w:name="{NAME}" w:val="{NAME}"/></w:customXmlPr>{run("字")}</w:customXml>'),
    "permission": p(f'<w:permStart w:id="3" w:ed="{NAME}"/><w:permEnd w:id="3"/>'),
    "unknown element": f'<x:{NAME} x:a="{NAME}">{NAME}</x:{NAME}>',
    "unknown attribute": f'<w:p w14:paraId="{NAME}" x:note="{NAME}">{run("字")}</w:p>',
    "attribute of layout": p(f'<w:pPr><w:jc w:val="{NAME}"/><w:pStyle w:val="{NAME}"/></w:pPr>'),
    "extension": p("<w:r><w:drawing><wp:inline><a:extLst><a:ext "
                   f'uri="{NAME}"><x:y>{NAME}</x:y></a:ext></a:extLst></wp:inline></w:drawing></w:r>'),
    "escaped twice": p(run("".join(f"&amp;#{ord(char)};" for char in NAME))),
    "Base64": p(run(BASE64)),
    "comment of XML": f"<!-- {NAME} -->",
    "instruction of XML": f"<?note {NAME}?>",
    "between elements": f"<w:tbl>{NAME}<w:tr>{NAME}<w:tc>{p(run('格'))}</w:tc></w:tr></w:tbl>",
}  # fmt: skip
IN_PARTS = {
    "header1.xml": ("header", f"<w:hdr {NAMES}>{p(run(NAME))}</w:hdr>"),
    "footer1.xml": ("footer", f"<w:ftr {NAMES}>{p(run(NAME))}</w:ftr>"),
    "footnotes.xml": ("footnotes", f"<w:footnotes {NAMES}>{p(run(NAME))}</w:footnotes>"),
    "endnotes.xml": ("endnotes", f"<w:endnotes {NAMES}>{p(run(NAME))}</w:endnotes>"),
    "comments.xml": (
        "comments",
        f'<w:comments {NAMES}><w:comment w:id="1" w:author="{NAME}" w:initials="{NAME}">'
        f"{p(run(PHONE))}</w:comment></w:comments>",
    ),
    "people.xml": ("people", f'<w:people {NAMES} w:author="{NAME}"/>'),
    "glossary.xml": (
        "glossaryDocument",
        f"<w:glossaryDocument {NAMES}>{NAME}</w:glossaryDocument>",
    ),
    "chart.xml": (
        "chart",
        f"<c:chartSpace {NAMES}><c:chart><c:title><c:tx><c:rich><a:p><a:r><a:t>{NAME[:2]}</a:t>"
        f"</a:r><a:r><a:t>{NAME[2:]}</a:t></a:r></a:p></c:rich></c:tx></c:title><c:f>{NAME}</c:f>"
        f'<c:v>{NAME}</c:v><c:externalData r:id="e"/></c:chart></c:chartSpace>',
    ),
    "unknown.xml": ("unknownKind", f"<x>{NAME}</x>"),
    "item1.xml": ("customXml", f"<x>{NAME}</x>"),
    "object.bin": ("oleObject", NAME),
    "vba.bin": ("vbaProject", NAME),
    "font.odttf": ("font", NAME),
    f"{NAME}.xml": ("header", f"<w:hdr {NAMES}>{p(run('页眉'))}</w:hdr>"),
}


def everywhere() -> bytes:
    """A document with the name in each place."""
    data = docx_with("")
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    body = "".join(IN_BODY.values())
    parts["word/document.xml"] = (
        f'<w:document {NAMES} mc:Ignorable="w14 x"><w:body>{body}</w:body></w:document>'
    ).encode()
    parts |= {f"word/{name}": xml.encode() for name, (_, xml) in IN_PARTS.items()}
    parts["notes/unreferenced.xml"] = f"<x>{NAME}</x>".encode()
    parts[f"{NAME}.txt"] = b""
    parts["docProps/core.xml"] = parts["docProps/core.xml"].replace(b"python-docx", NAME.encode())
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as packed:
        for name, part in parts.items():
            packed.writestr(name, part)
        packed.comment = NAME.encode()
    kinds = [(kind, name) for name, (kind, _) in IN_PARTS.items()]
    return related(written.getvalue(), *kinds)


def texts(file: bytes) -> str:
    """All parts and their names, decoded, and the same without markup."""
    with zipfile.ZipFile(io.BytesIO(file)) as packed:
        parts = [packed.read(name).decode("utf-8", "replace") for name in packed.namelist()]
        return html.unescape("\n".join([*packed.namelist(), packed.comment.decode(), *parts]))


def test_nothing_to_mask_is_left_in_any_place(tmp_path: Path) -> None:
    data = everywhere()
    before = texts(data)
    assert before.count(NAME) >= 60
    file, account = masked(data, tmp_path)
    left = texts(file.data)
    for value in (NAME, PHONE, BASE64, quote(NAME), quote(NAME.encode("gbk")), NAME[2:]):
        assert value not in left, left[max(0, left.index(value) - 300) :][:400]
    assert account.uncovered == []


@pytest.mark.parametrize("place", IN_BODY)
def test_a_place_in_the_body_is_masked(tmp_path: Path, place: str) -> None:
    body = f"<w:p {NAMES}>{run('正文')}</w:p>" + IN_BODY[place].replace(">", f" {NAMES}>", 1)
    if place.endswith("of XML"):
        body = IN_BODY[place] + p(run("正文"))
    file, _ = masked(docx_with(body), tmp_path)
    left = texts(file.data)
    for value in (NAME, BASE64, quote(NAME), quote(NAME.encode("gbk")), NAME[1:]):
        assert value not in left, left
    assert "正文" in docx.read(saved(tmp_path, file.data, "b.docx"), LIMITS).text


def shown_file(tmp_path: Path, data: bytes) -> str:
    """The text of the masked file."""
    file, _ = masked(data, tmp_path)
    return docx.read(saved(tmp_path, file.data, "masked.docx"), LIMITS).text


def test_what_is_contiguous_only_as_shown_is_masked(tmp_path: Path) -> None:
    """A number over a form's choice, around text hidden by a style, and with a raised digit."""
    choice = (
        '<w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:ddList>'
        f'<w:listEntry w:val="{PHONE[3:]}"/></w:ddList></w:ffData></w:fldChar></w:r>'
        '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    )
    assert PHONE[3:] not in shown_file(tmp_path, docx_with(p(run(PHONE[:3]) + choice)))

    styles = 'styles|<w:style w:type="character" w:styleId="H"><w:rPr><w:vanish/></w:rPr></w:style>'
    hidden = '<w:r><w:rPr><w:rStyle w:val="H"/></w:rPr><w:t>x</w:t></w:r>'
    body = p(run(NAME[:2]) + hidden + run(NAME[2:]))
    text = shown_file(tmp_path, docx_with(body, {"word/styles.xml": styles}))
    assert NAME[2:] not in text

    raised = '<w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:t>4</w:t></w:r>'
    assert PHONE[:3] + "****" in shown_file(tmp_path, docx_with(p(run(PHONE[:-1]) + raised)))


def test_text_with_characters_of_a_symbol_font_is_masked_once(tmp_path: Path) -> None:
    fonts = '<w:rPr><w:rFonts w:ascii="Wingdings 2"/></w:rPr>'
    body = p(f"<w:r>{fonts}<w:t>R低保户，R残疾人</w:t></w:r>")
    file, _ = masked(docx_with(body), tmp_path, "☑低保户")
    assert docx.read(saved(tmp_path, file.data, "b.docx"), LIMITS).text == "****，☑残疾人"


def test_a_masked_document_opens_and_keeps_its_text_and_settings(tmp_path: Path) -> None:
    file, _ = masked(everywhere(), tmp_path)
    WordDocument(io.BytesIO(file.data))
    text = docx.read(saved(tmp_path, file.data, "masked.docx"), LIMITS).text
    assert "链接" in text
    assert "****" in text


def test_settings_are_not_masked_even_if_a_term_names_one(tmp_path: Path) -> None:
    body = p(f'<w:pPr><w:jc w:val="left"/></w:pPr>{run("turn left")}')
    file, _ = masked(docx_with(body), tmp_path, "left")
    assert '<w:jc w:val="left"/>' in texts(file.data)
    assert "turn ****" in texts(file.data)


def test_ids_of_relationships_with_text_to_mask_are_replaced(tmp_path: Path) -> None:
    link = f'<w:p><w:hyperlink xmlns:r="{R}" r:id="{NAME}">{run("链接")}</w:hyperlink></w:p>'
    written = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(docx_with(link))) as old,
        zipfile.ZipFile(written, "w") as new,
    ):
        for name in old.namelist():
            part = old.read(name)
            if name == "word/_rels/document.xml.rels":
                entry = f'<Relationship Id="{NAME}" Type="{R}/hyperlink" TargetMode="External" '
                entry += f'Target="http://x/{PERSON}"/></Relationships>'
                part = part.replace(b"</Relationships>", entry.encode())
            if name == "_rels/.rels":
                part = part.replace(b'Id="rId1"', f'Id="{NAME}"'.encode())
                assert NAME.encode() in part
            new.writestr(name, part)
    file, account = masked(written.getvalue(), tmp_path)
    left = texts(file.data)
    assert NAME not in left
    assert PERSON not in left
    assert account.masked["links", "identity_number"] == 1
    (paragraph,) = WordDocument(io.BytesIO(file.data)).paragraphs
    assert paragraph.hyperlinks[0].address == "about:blank"


@pytest.mark.parametrize("case", ["redact-docx-places", "redact-docx-percent-link"])
def test_the_name_of_a_sample_is_in_no_part_in_any_encoding(tmp_path: Path, case: str) -> None:
    name = "张某某"
    data = (SAMPLES / case / "in.docx").read_bytes()
    file, _ = masked(data, tmp_path, name)
    left = texts(file.data)
    assert name in texts(data) or quote(name) in texts(data)
    for value in (name, quote(name), quote(name.encode("gbk")), name[1:]):
        assert value not in left
    WordDocument(io.BytesIO(file.data))


def test_a_value_over_several_choices_of_a_list_is_masked(tmp_path: Path) -> None:
    choices = "".join(
        f'<w:listItem w:displayText="{part}" w:value="{number}"/>'
        for number, part in enumerate((PHONE[:5], PHONE[5:], "其他"))
    )
    control = f"<w:sdt><w:sdtPr><w:dropDownList>{choices}</w:dropDownList></w:sdtPr></w:sdt>"
    # The same list in two controls.
    file, account = masked(docx_with(p(run("值")) + control * 2), tmp_path)
    with zipfile.ZipFile(io.BytesIO(file.data)) as packed:
        left = packed.read("word/document.xml").decode()
    assert PHONE[5:] not in left
    assert "其他" in left
    assert account.masked
