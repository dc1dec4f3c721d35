from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from documents.document import BlockKind
from documents.errors import (
    CorruptDocument,
    DocumentTooLong,
    EncryptedDocument,
)
from documents.limits import ReadLimits
from documents.ooxml.number_formats import formatted
from documents.read import read
from standin.documents.builders import LIMITS, as_docx, docx_with, saved

MIB = 1024 * 1024


def words(tmp_path: Path, body: str, **parts: str) -> list[str]:
    path = saved(
        tmp_path, docx_with(body, {f"word/{name}.xml": xml for name, xml in parts.items()})
    )
    return read(path, LIMITS).text.split("\n\n")


def run(text: str) -> str:
    return f'<w:r><w:t xml:space="preserve">{text}</w:t></w:r>'


def test_tracked_insertions_are_read_and_deletions_are_not(tmp_path: Path) -> None:
    body = (
        f"<w:p>{run('kept ')}<w:del><w:r><w:delText>deleted</w:delText><w:br/></w:r></w:del>"
        f"<w:ins>{run('inserted ')}<w:del><w:r><w:delText>both</w:delText></w:r></w:del></w:ins>"
        f"<w:moveFrom>{run('left')}</w:moveFrom><w:moveTo>{run('moved')}</w:moveTo></w:p>"
        f"<w:tbl><w:tr><w:tc><w:p>{run('row')}</w:p></w:tc></w:tr><w:tr><w:trPr><w:del/></w:trPr>"
        f"<w:tc><w:p>{run('deleted row')}</w:p></w:tc></w:tr></w:tbl>"
    )
    assert words(tmp_path, body) == ["kept inserted moved", "row"]


def test_text_in_wrappers_is_read_in_order_without_field_codes(tmp_path: Path) -> None:
    body = (
        f"<w:sdt><w:sdtContent><w:p><w:hyperlink>{run('a')}</w:hyperlink><w:smartTag>{run('b')}"
        f"</w:smartTag><w:r><w:tab/><w:t>c</w:t><w:br/><w:t>d</w:t><w:noBreakHyphen/></w:r>"
        "<w:r><w:instrText>PAGE</w:instrText></w:r><w:r><w:rPr><w:vanish/></w:rPr><w:t>no</w:t></w:r>"
        "</w:p></w:sdtContent></w:sdt>"
    )
    assert words(tmp_path, body) == ["ab\tc\nd-"]


def test_a_text_box_is_read_once_after_its_paragraph(tmp_path: Path) -> None:
    box = f"<w:txbxContent><w:p>{run('letterhead')}</w:p></w:txbxContent>"
    body = (
        f"<w:p><w:r><mc:AlternateContent><mc:Choice><w:drawing>{box}</w:drawing></mc:Choice>"
        f"<mc:Fallback><w:pict>{box}</w:pict></mc:Fallback></mc:AlternateContent></w:r>"
        f"{run('body')}</w:p>"
    )
    assert words(tmp_path, body) == ["body", "letterhead"]


def test_automatic_numbers_are_read(tmp_path: Path) -> None:
    numbering = (
        'numbering|<w:abstractNum w:abstractNumId="7">'
        '<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="chineseCountingThousand"/>'
        '<w:lvlText w:val="第%1条"/></w:lvl>'
        '<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="decimal"/>'
        '<w:lvlText w:val="%2."/></w:lvl></w:abstractNum>'
        '<w:num w:numId="3"><w:abstractNumId w:val="7"/></w:num>'
    )

    def item(level: int, text: str) -> str:
        properties = f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="3"/></w:numPr>'
        return f"<w:p><w:pPr>{properties}</w:pPr>{run(text)}</w:p>"

    body = item(0, "甲") + item(1, "a") + item(1, "b") + item(0, "乙") + item(1, "c")
    body += f'<w:p><w:pPr><w:numPr><w:numId w:val="0"/></w:numPr></w:pPr>{run("plain")}</w:p>'
    expected = ["第一条 甲", "1. a", "2. b", "第二条 乙", "1. c", "plain"]
    assert words(tmp_path, body, numbering=numbering) == expected


def test_chinese_numbers() -> None:
    numbers = {1: "一", 10: "十", 11: "十一", 20: "二十", 105: "一百零五", 110: "一百一十"}
    numbers |= {1_010: "一千零一十", 1_001: "一千零一", 0: "0"}
    assert {number: formatted(number, "chineseCounting") for number in numbers} == numbers


def test_headings_are_found_through_styles_and_outline_levels(tmp_path: Path) -> None:
    styles = (
        'styles|<w:style w:styleId="A"><w:name w:val="公文标题"/><w:basedOn w:val="B"/></w:style>'
        '<w:style w:styleId="B"><w:name w:val="heading 1"/><w:basedOn w:val="A"/></w:style>'
    )
    body = (
        f'<w:p><w:pPr><w:pStyle w:val="A"/></w:pPr>{run("one")}</w:p>'
        f'<w:p><w:pPr><w:outlineLvl w:val="2"/></w:pPr>{run("two")}</w:p>'
        f'<w:p><w:pPr><w:pStyle w:val="gone"/></w:pPr>{run("three")}</w:p>'
    )
    path = saved(tmp_path, docx_with(body, {"word/styles.xml": styles}))
    kinds = [block.kind for block in read(path, LIMITS).blocks]
    assert kinds == [BlockKind.heading, BlockKind.heading, BlockKind.paragraph]


BOMB = '<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {chr(98 + at)} "{f"&{chr(97 + at)};" * 10}">' for at in range(9)
)


@pytest.mark.parametrize(
    ("declared", "used"),
    [
        ('<!ENTITY a "words">', "a"),
        ('<!ENTITY a SYSTEM "file:///etc/hostname">', "a"),
        (BOMB, "j"),
    ],
    ids=["internal", "external", "bomb"],
)
def test_entities_are_not_resolved(tmp_path: Path, declared: str, used: str) -> None:
    body = f"<w:body><w:p><w:r><w:t>&{used};</w:t></w:r></w:p>"

    def declare(name: str, xml: bytes) -> bytes:
        if name != "word/document.xml":
            return xml
        words = xml.decode().partition("?>")[2].replace("<w:body>", body)
        return f"<!DOCTYPE d [{declared}]>{words}".encode()

    with pytest.raises(CorruptDocument):
        read(saved(tmp_path, repacked(declare)), LIMITS)


def test_a_zip_bomb_is_refused_from_its_directory(tmp_path: Path) -> None:
    data = repacked(lambda name, xml: xml, extra={"word/media/a.png": bytes(32 * MIB)})
    with pytest.raises(DocumentTooLong, match="unpacks"):
        read(saved(tmp_path, data), LIMITS)


def test_decompression_beyond_the_limit_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, as_docx())
    with pytest.raises(DocumentTooLong, match="unpacks"):
        read(path, ReadLimits(max_chars=10_000, max_pages=1, max_expanded_bytes=10_000))


def test_a_part_larger_than_its_declared_size_is_refused(tmp_path: Path) -> None:
    data = bytearray(repacked(lambda name, xml: xml + b" " * MIB if "document" in name else xml))
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as packed:
        size = packed.getinfo("word/document.xml").file_size
    for place in (data.find(size.to_bytes(4, "little")), data.rfind(size.to_bytes(4, "little"))):
        data[place : place + 4] = (100).to_bytes(4, "little")
    with pytest.raises(CorruptDocument):
        read(saved(tmp_path, bytes(data)), LIMITS)


def test_a_container_that_was_cut_short_is_corrupt(tmp_path: Path) -> None:
    whole = as_docx()
    for length in (10, 400, len(whole) // 2, len(whole) - 30):
        with pytest.raises(CorruptDocument, match="cut short"):
            read(saved(tmp_path, whole[:length]), LIMITS)


def test_a_document_part_without_valid_xml_is_corrupt(tmp_path: Path) -> None:
    data = repacked(lambda name, xml: xml[:-20] if name == "word/document.xml" else xml)
    with pytest.raises(CorruptDocument, match="well-formed"):
        read(saved(tmp_path, data), LIMITS)


def test_deep_nesting_is_corrupt(tmp_path: Path) -> None:
    body = "<w:sdt><w:sdtContent>" * 5_000 + "</w:sdtContent></w:sdt>" * 5_000
    with pytest.raises(CorruptDocument):
        read(saved(tmp_path, docx_with(body)), LIMITS)


def test_an_encrypted_part_is_reported_as_encrypted(tmp_path: Path) -> None:
    data = bytearray(as_docx())
    for signature, offset in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        place = data.find(signature)
        while place >= 0:
            data[place + offset] |= 1
            place = data.find(signature, place + 1)
    with pytest.raises(EncryptedDocument):
        read(saved(tmp_path, bytes(data)), LIMITS)


def test_an_encrypted_office_file_is_distinguished_from_an_old_one(tmp_path: Path) -> None:
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2_000)
    with pytest.raises(CorruptDocument, match="damaged"):
        read(saved(tmp_path, ole + "WordDocument".encode("utf-16-le")), LIMITS)
    with pytest.raises(EncryptedDocument, match="password"):
        read(saved(tmp_path, ole + "EncryptedPackage".encode("utf-16-le")), LIMITS)


def test_a_zip_that_is_no_word_document_is_read_as_a_package_of_files(tmp_path: Path) -> None:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as packed:
        packed.writestr("OFD.xml", "<no-ofd/>")
    assert "OFD.xml" in read(saved(tmp_path, written.getvalue(), "renamed.docx"), LIMITS).text


def repacked(
    change: Callable[[str, bytes], bytes], extra: Mapping[str, bytes] | None = None
) -> bytes:
    """A DOCX each of whose parts went through `change(name, bytes)`."""
    written = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(as_docx())) as usual,
        zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as packed,
    ):
        for name in usual.namelist():
            packed.writestr(name, change(name, usual.read(name)))
        for name, data in (extra or {}).items():
            packed.writestr(name, data)
    return written.getvalue()
