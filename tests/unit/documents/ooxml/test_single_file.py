"""Word documents in one XML file."""

from __future__ import annotations

import base64
import io
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree

from documents.detect import detect
from documents.document import BlockKind
from documents.errors import CorruptDocument
from documents.inventory.walk import inventory
from documents.read import read
from documents.readers import docx
from standin.documents.builders import LIMITS, as_docx, saved
from tests.unit.documents.masking.masks import NAME, masked
from tests.unit.documents.readers.pages import drawn

W = "http://schemas.microsoft.com/office/word/2003/wordml"


def flat(data: bytes) -> bytes:
    """A container as flat OPC."""
    space = "http://schemas.microsoft.com/office/2006/xmlPackage"
    root = etree.Element(f"{{{space}}}package")
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        types = {
            entry.get("PartName"): entry.get("ContentType") or ""
            for entry in etree.fromstring(packed.read("[Content_Types].xml"))
        }
        for name in packed.namelist():
            if name == "[Content_Types].xml":
                continue
            part = etree.SubElement(root, f"{{{space}}}part")
            part.set(f"{{{space}}}name", f"/{name}")
            part.set(f"{{{space}}}contentType", types.get(f"/{name}", "application/xml"))
            if name.endswith((".xml", ".rels")):
                inside = etree.SubElement(part, f"{{{space}}}xmlData")
                inside.append(etree.fromstring(packed.read(name)))
            else:
                inside = etree.SubElement(part, f"{{{space}}}binaryData")
                inside.text = base64.encodebytes(packed.read(name)).decode()
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def word_2003(body: str) -> bytes:
    return (
        '<?xml version="1.0"?><?mso-application progid="Word.Document"?>'
        f'<w:wordDocument xmlns:w="{W}" xmlns:v="urn:schemas-microsoft-com:vml" '
        'xmlns:aml="http://schemas.microsoft.com/aml/2001/core" '
        'xmlns:wx="http://schemas.microsoft.com/office/word/2003/auxHint">'
        '<w:styles><w:style w:type="paragraph" w:styleId="1"><w:name w:val="heading 1"/></w:style>'
        f"</w:styles><w:body><wx:sect>{body}</wx:sect></w:body></w:wordDocument>"
    ).encode()


def p(text: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def test_flat_opc_is_read_as_its_container(tmp_path: Path) -> None:
    path = saved(tmp_path, flat(as_docx()))
    assert detect(path) == docx.WORD_XML
    found, usual = read(path, LIMITS), read(saved(tmp_path, as_docx(), "usual"), LIMITS)
    assert (found.text, found.blocks) == (usual.text, usual.blocks)
    assert found.media_type == docx.WORD_XML


def test_word_2003_xml_is_read_with_its_notes_headers_and_changes(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    drawn().save(buffer, "PNG")
    picture = base64.encodebytes(buffer.getvalue()).decode()
    changes = (
        '<aml:annotation w:type="Word.Deletion"><aml:content><w:r><w:delText>旧</w:delText></w:r>'
        '</aml:content></aml:annotation><aml:annotation w:type="Word.Insertion"><aml:content><w:r>'
        "<w:t>新</w:t></w:r></aml:content></aml:annotation>"
    )
    comment = (
        '<w:r><aml:annotation w:type="Word.Comment"><aml:content>'
        f"{p('请核实')}</aml:content></aml:annotation></w:r>"
    )
    shape = (
        f'<w:r><w:pict><w:binData w:name="wordml://1.png">{picture}</w:binData>'
        '<v:shape style="width:300pt;height:200pt"><v:imagedata src="wordml://1.png"/></v:shape>'
        "</w:pict></w:r>"
    )
    body = (
        p("关于防汛工作的通知", '<w:pStyle w:val="1"/>')
        + p("各单位", '<w:listPr><wx:t wx:val="一、"/></w:listPr>')
        + f"<w:p>{changes}<w:r><w:footnote>{p('脚注')}</w:footnote></w:r>{comment}{shape}</w:p>"
        + "<w:tbl><w:tr><w:tc><w:tcPr><w:vmerge w:val='restart'/></w:tcPr>"
        + f"{p('a')}</w:tc><w:tc>{p('1')}</w:tc></w:tr><w:tr><w:tc><w:tcPr><w:vmerge/></w:tcPr>"
        + f"{p('')}</w:tc><w:tc>{p('2')}</w:tc></w:tr></w:tbl>"
        + f"<w:sectPr><w:hdr w:type='odd'>{p('页眉')}</w:hdr></w:sectPr>"
    )
    path = saved(tmp_path, word_2003(body))
    assert detect(path) == docx.WORD_XML
    found = read(path, replace(LIMITS, hidden=True))
    assert [(block.kind, found.text[block.start : block.end]) for block in found.blocks] == [
        (BlockKind.heading, "关于防汛工作的通知"),
        (BlockKind.paragraph, "一、 各单位"),
        (BlockKind.paragraph, "新"),
        (BlockKind.table, "a\t1\n\t2"),
        (BlockKind.footnote, "脚注"),
        (BlockKind.header, "页眉"),
        (BlockKind.comment, "请核实"),
        (BlockKind.hidden, "旧"),
    ]
    assert [one.where for one in found.unread] == ["picture 1, body"]


@pytest.mark.parametrize("data", [flat(as_docx()), word_2003(p(NAME) + f"<!-- {NAME} -->")])
def test_all_text_of_one_file_is_listed_and_masked(tmp_path: Path, data: bytes) -> None:
    data = data.replace("特此通知".encode(), NAME.encode())
    path = saved(tmp_path, data)
    assert any(NAME in entry.text for entry in inventory(path, docx.WORD_XML, LIMITS))
    file, _ = masked(data, tmp_path)
    assert file.media_type == docx.MEDIA_TYPE
    left = list(inventory(saved(tmp_path, file.data, "masked"), docx.MEDIA_TYPE, LIMITS))
    assert not any(NAME in entry.text for entry in left)


def test_text_that_the_container_does_not_have_is_listed(tmp_path: Path) -> None:
    author = f'<o:Author xmlns:o="urn:schemas-microsoft-com:office:office">{NAME}</o:Author>'
    data = word_2003(p("x")).replace(b"<w:styles>", f"{author}<w:styles>".encode())
    entries = list(inventory(saved(tmp_path, data), docx.WORD_XML, LIMITS))
    assert any(NAME in entry.text for entry in entries)


def test_a_damaged_file_is_corrupt(tmp_path: Path) -> None:
    for data in (word_2003(p("x"))[:-40], word_2003(p("x")).replace(b"w:body", b"w:other")):
        with pytest.raises(CorruptDocument):
            read(saved(tmp_path, data), LIMITS)


@pytest.mark.parametrize("place", ["<!-- %s -->", "<own>%s</own>", "<?own %s?>"])
def test_text_around_the_parts_of_flat_opc_is_listed(tmp_path: Path, place: str) -> None:
    names = "http://schemas.microsoft.com/office/2006/xmlPackage"
    data = f'<pkg:package xmlns:pkg="{names}">{place % "海棠工程"}</pkg:package>'.encode()
    entries = inventory(saved(tmp_path, data), docx.WORD_XML, LIMITS)
    assert any("海棠工程" in entry.text for entry in entries)
