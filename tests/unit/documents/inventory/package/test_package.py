from __future__ import annotations

import base64
import io
import itertools
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest
from lxml import etree

from documents.errors import CorruptDocument
from documents.inventory.entry import Entry, EntryKind
from documents.inventory.nested import ZIP
from documents.inventory.package.settings import is_setting
from documents.inventory.walk import inventory
from documents.limits import ReadLimits
from documents.ooxml.embedded import XML_SUFFIXES
from documents.readers import docx, sheets
from standin.documents.builders import (
    LIMITS,
    PARAGRAPH,
    as_docx,
    as_html,
    as_ods,
    as_ofd,
    as_xlsx,
    docx_with,
    saved,
)
from tests.unit.documents.inventory.places import NAME, entries_of, texts_of, unread_of, with_parts

NOTICE = as_docx([(PARAGRAPH, "关于某事的通知")])
BASE64 = base64.b64encode(f"由{NAME}填写".encode()).decode()


def ofd_object(text: str, left: int) -> str:
    """A text object of OFD at a place in millimetres."""
    return (
        f'<TextObject Boundary="{left} 20 {5 * len(text)} 6" Size="5">'
        f'<TextCode X="0" Y="5" DeltaX="g 9 5">{text}</TextCode></TextObject>'
    )


XML_PARTS = {
    "an unreferenced part": f"<a>{NAME}</a>",
    "an attribute": f"<a b='{NAME}'/>",
    "an attribute of an unknown namespace": f"<a xmlns:q='urn:q' q:b='{NAME}'/>",
    "a comment": f"<a><!-- {NAME} --></a>",
    "a comment before the root": f"<!-- {NAME} --><a/>",
    "a comment after the root": f"<a/><!-- {NAME} -->",
    "a processing instruction": f"<a><?b {NAME}?></a>",
    "the target of an instruction": f"<a><?{NAME} b?></a>",
    "a CDATA section": f"<a><![CDATA[{NAME}]]></a>",
    "text after an element": f"<a><b/>{NAME}</a>",
    "text split over elements": f"<a>由{NAME[0]}<b>{NAME[1]}</b>{NAME[2:]}填写</a>",
    "character references": "<a>" + "".join(f"&#{ord(char)};" for char in NAME) + "</a>",
    "twice escaped references": "<a>" + "".join(f"&amp;#{ord(char)};" for char in NAME) + "</a>",
    "percent-encoding": f"<a b='http://example/?q={quote(NAME)}'/>",
    "percent-encoding in GBK": f"<a b='http://example/?q={quote(NAME.encode('gbk'))}'/>",
    "twice percent-encoded": f"<a b='{quote(quote(NAME))}'/>",
    "Base64": f"<a>{BASE64}</a>",
    "Base64 in an attribute": f"<a b='{BASE64}'/>",
    "Base64 in Base64": f"<a>{base64.b64encode(f'x {BASE64} x'.encode()).decode()}</a>",
    "hexadecimal": f"<a>{NAME.encode().hex()}</a>",
    "hexadecimal UTF-16": f"<a>{NAME.encode('utf-16-be').hex()}</a>",
    "escapes of a script": "<a>" + "".join(f"\\u{ord(char):04x}" for char in NAME) + "</a>",
    "a data URI": f"<a b='data:text/plain;base64,{BASE64}'/>",
    "the name of an element": f"<{NAME}/>",
    "the name of an attribute": f"<a {NAME}='1'/>",
    "a namespace": f"<a xmlns='urn:{NAME}'/>",
    "a prefix": f"<a xmlns:{NAME}='urn:q'/>",
    "an element of a known name": f"<jc>{NAME}</jc>",
    "an attribute of a known name": f"<jc val='{NAME}'/>",
    "a shared string": f"<sst><si><t>a</t></si><si><t>{NAME}</t></si><si><t>b</t></si></sst>",
    "a string in parts": f"<sst><si><r><t>{NAME[0]}</t></r><r><t>{NAME[1:]}</t></r></si></sst>",
    "text beside a shared string's elements": f"<sst><si>{NAME}<t>a</t></si></sst>",
    "text of shared strings without an item": f"<sst><t>{NAME}</t></sst>",
    "text beside the elements of a cell": f"<worksheet><row><c q='a'>{NAME}<v>1</v></c></row>"
    "</worksheet>",
    "text beside an inline string": f'<worksheet><row><c t="inlineStr"><is>{NAME}<t>a</t></is></c>'
    "</row></worksheet>",
    "a value without a row": f"<worksheet><c><v>{NAME}</v></c></worksheet>",
    "a value without a cell": f"<worksheet><row><v>{NAME}</v></row></worksheet>",
    "text of a record": f"<pivotCacheRecords><r>{NAME}<s v='a'/></r></pivotCacheRecords>",
    "a page split over text objects": "<Page><Content><Layer>"
    f"{ofd_object(NAME[0], 10)}{ofd_object(NAME[1:], 15)}</Layer></Content></Page>",
    "a page whose text objects are not in order": "<Page><Content><Layer>"
    f"{ofd_object(NAME[1:], 15)}{ofd_object('说明', 50)}{ofd_object(NAME[0], 10)}"
    "</Layer></Content></Page>",
    "a string in a cell": f'<worksheet><row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c>'
    f'<c r="B1" t="inlineStr"><is><t>{NAME}</t></is></c></row></worksheet>',
    "the value of a cell": f'<worksheet><row r="1"><c r="A1" t="str"><v>{NAME}</v></c></row>'
    "</worksheet>",
    "a formula": f'<worksheet><row><c r="A1"><f>"{NAME}"&amp;1</f><v>1</v></c></row></worksheet>',
    "texts of a formula": '<worksheet><row><c r="A1"><f>CONCATENATE('
    f'"{NAME[0]}","{NAME[1:]}")</f></c></row></worksheet>',
    "joined texts of a formula": f'<worksheet><row><c r="A1"><f>"{NAME[0]}" &amp; A2 &amp;"'
    f'{NAME[1:]}"</f></c></row></worksheet>',
    "texts of a rule": f'<x><formula1>"{NAME[0]}"&amp;"{NAME[1:]}"</formula1></x>',
    "texts of a formula in ODF": f"<a formula='of:=CONCATENATE(&quot;{NAME[0]}&quot;;"
    f"&quot;{NAME[1:]}&quot;)'/>",
    "a cell with another attribute": f'<worksheet><row><c r="A1" q="{NAME}"><v>1</v></c></row>'
    "</worksheet>",
    "a cell whose place is a name": f'<worksheet><row><c r="{NAME}"/></row></worksheet>',
    "a record of a pivot table": f"<pivotCacheRecords><r><s v='{NAME}'/></r></pivotCacheRecords>",
    "Base64 as a salt": f'<modifyVerifier saltData="{BASE64}"/>',
    "a part that is not well-formed": f"<a>{NAME}",
    "an entity": f"<!DOCTYPE a [<!ENTITY b '{NAME}'>]><a>&b;</a>",
}


@pytest.mark.parametrize("place", XML_PARTS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_name_in_an_xml_part_is_found(tmp_path: Path, place: str, encoding: str) -> None:
    xml = f'<?xml version="1.0" encoding="{encoding}"?>{XML_PARTS[place]}'.encode(encoding)
    data = with_parts(NOTICE, {"customXml/item1.xml": xml})
    assert NAME in texts_of(entries_of(tmp_path, data, docx.MEDIA_TYPE))


TEXT = "<w:r><w:t>%s</w:t></w:r>"
BODIES = {
    "split over runs": TEXT % NAME[0] + TEXT % NAME[1:],
    "split by a deletion": TEXT % NAME[0] + f"<w:del>{TEXT % '删'}</w:del>" + TEXT % NAME[1:],
    "split by an insertion": TEXT % NAME[0] + f"<w:ins>{TEXT % '增'}</w:ins>" + TEXT % NAME[1:],
    "deleted": f"<w:del><w:r><w:delText>{NAME}</w:delText></w:r></w:del>",
    "a field code": f"<w:r><w:instrText>AUTHOR {NAME}</w:instrText></w:r>",
    "a split field code": f"<w:r><w:instrText>{NAME[0]}</w:instrText></w:r>"
    f"<w:r><w:instrText>{NAME[1:]}</w:instrText></w:r>",
    "ruby text": f"<w:r><w:ruby><w:rt>{TEXT % NAME}</w:rt><w:rubyBase/></w:ruby></w:r>",
    "a text box": f"<w:r><w:txbxContent><w:p>{TEXT % NAME}</w:p></w:txbxContent></w:r>",
    "a fallback": f"<mc:Fallback>{TEXT % NAME}</mc:Fallback>",
    "hidden text": f"<w:r><w:rPr><w:vanish/></w:rPr><w:t>{NAME}</w:t></w:r>",
    "text outside a run": f"<w:smartTag><w:t>{NAME}</w:t></w:smartTag>",
}


@pytest.mark.parametrize("place", BODIES)
def test_a_name_in_a_paragraph_is_found(tmp_path: Path, place: str) -> None:
    data = docx_with(f"<w:p>{BODIES[place]}</w:p>")
    assert NAME in texts_of(entries_of(tmp_path, data, docx.MEDIA_TYPE))


def test_the_text_of_a_part_is_whole_and_in_order(tmp_path: Path) -> None:
    box = f"<w:txbxContent><w:p>{TEXT % '框'}</w:p></w:txbxContent>"
    first = f"<w:p>{TEXT % '一'}<w:r>{box}</w:r>{TEXT % '二'}</w:p>"
    data = docx_with(f"{first}<w:p>{TEXT % '三'}</w:p>")
    entries = entries_of(tmp_path, data, docx.MEDIA_TYPE)
    (body,) = [one for one in entries if one.whole and one.where == "word/document.xml"]
    assert (body.kind, body.text.split()) == (EntryKind.shown, ["一二", "框", "三"])


@pytest.mark.parametrize("build", [as_docx, as_xlsx, as_ods, as_ofd])
def test_every_text_and_attribute_of_a_file_is_listed(
    tmp_path: Path, build: Callable[..., bytes]
) -> None:
    """Replaces each of them, except what tells the format of a cell, by a name of its own."""
    numbers = itertools.count(1_000)
    changed, written = {}, []
    usual = build([(PARAGRAPH, "正文"), (PARAGRAPH, "第二段")])
    with zipfile.ZipFile(io.BytesIO(usual)) as package:
        for part in package.namelist():
            if not part.endswith(XML_SUFFIXES):
                continue
            root = etree.fromstring(package.read(part))
            for element in root.iter(etree.Element):
                for key in element.attrib:
                    written.append(f"{NAME}{next(numbers)}")
                    element.set(key, written[-1])
                for field in ("text", "tail"):
                    if getattr(element, field):
                        written.append(f"{NAME}{next(numbers)}")
                        setattr(element, field, written[-1])
            changed[part] = etree.tostring(root, encoding="utf-8", xml_declaration=True)
    data = with_parts(usual, changed)
    listed = set(re.findall(rf"{NAME}\d+", texts_of(entries_of(tmp_path, data, ZIP))))
    assert len(written) > 10
    assert [name for name in written if name not in listed] == []


@pytest.mark.parametrize("value", ["13812345678", "6222021234567890", "ZhangSanLiSiWangWuZhaoLiu"])
def test_a_number_or_a_name_is_no_salt(value: str) -> None:
    assert not is_setting("modifyVerifier", "saltData", value)


def test_a_salt_is_a_setting() -> None:
    assert is_setting("modifyVerifier", "saltData", "q8nJv1PzR0yXb+TeW4mKdA==")


def zipped(entry: zipfile.ZipInfo | str = "a.xml", comment: bytes = b"") -> bytes:
    with zipfile.ZipFile(data := io.BytesIO(), "w") as package:
        package.writestr(entry, "<a/>")
        package.comment = comment
    return data.getvalue()


def info(**fields: object) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo("a.xml")
    for name, value in fields.items():
        setattr(entry, name, value)
    return entry


def short_field(kind: int, data: bytes) -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


RAW = NAME.encode()
FIELD = struct.pack("<HH", 0x7777, len(RAW)) + RAW
CONTAINERS = {
    "the comment of the container": zipped(comment=RAW),
    "the comment of a part": zipped(info(comment=RAW)),
    "an extra field": zipped(info(extra=FIELD)),
    "an extra field for times": zipped(info(extra=struct.pack("<HH", 0x5455, 40) + RAW.ljust(40))),
    "an extra field of the size of times": zipped(info(extra=short_field(0x5455, b"\7" + RAW))),
    "times in GB18030": zipped(info(extra=short_field(0x5455, b"\7" + NAME.encode("gb18030")))),
    "the numbers of owners": zipped(info(extra=short_field(0x7875, RAW))),
    "times of NTFS in UTF-16": zipped(info(extra=short_field(0x000A, NAME.encode("utf-16-le")))),
    "the name of a part": zipped(f"word/{NAME}.xml"),
    "the encoded name of a part": zipped(f"word/{quote(NAME)}.xml"),
    "the name of a folder": zipped(f"{NAME}/"),
    "before the first part": RAW + zipped(),
    "after the directory": zipped() + RAW,
}


@pytest.mark.parametrize("place", CONTAINERS)
def test_a_name_in_the_container_is_found(tmp_path: Path, place: str) -> None:
    assert NAME in texts_of(entries_of(tmp_path, CONTAINERS[place], ZIP))


def test_the_name_in_a_local_header_is_found(tmp_path: Path) -> None:
    data = zipped("123456789.xml").replace(b"123456789.xml", RAW + b".xml", 1)
    entries: list[Entry] = []
    with pytest.raises(CorruptDocument):
        entries.extend(inventory(saved(tmp_path, data), ZIP, LIMITS))
    # The part has two names, so it is not opened.
    assert NAME in texts_of(entries)


def test_data_after_a_compressed_part_is_unread(tmp_path: Path) -> None:
    deflater = zlib.compressobj(wbits=-15)
    packed = deflater.compress(b"<a/>") + deflater.flush() + RAW
    fields = 20, 0, 8, 0, 33, zlib.crc32(b"<a/>"), len(packed), 4, 5, 0
    header = struct.pack("<4s5H3I2H", b"PK\3\4", *fields)
    central = struct.pack("<4s6H3I5H2I", b"PK\1\2", 20, *fields, 0, 0, 0, 0, 0)
    members = header + b"a.xml" + packed
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 1, 1, len(central) + 5, len(members), 0)
    found = unread_of(entries_of(tmp_path, members + central + b"a.xml" + end, ZIP))
    assert found == [("data outside the parts", "ZIP container, after the data of a part")]


def test_an_ordinary_container_has_nothing_outside_its_parts(tmp_path: Path) -> None:
    class Stream(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def seek(self, *_: int) -> int:
            raise OSError

        def tell(self) -> int:
            raise OSError

    with zipfile.ZipFile(data := Stream(), "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("a.xml", "<a/>")  # with a data descriptor
        package.writestr("b/", "")
        times = short_field(0x5455, struct.pack("<B3I", 7, *[1_700_000_000] * 3))
        owners = short_field(0x7875, bytes((1, 4, 232, 3, 0, 0)))
        package.writestr(info(filename="d.xml", extra=times + owners), "<d/>")
    assert unread_of(entries_of(tmp_path, data.getvalue(), ZIP)) == []


def test_both_parts_of_one_name_are_listed(tmp_path: Path) -> None:
    with zipfile.ZipFile(data := io.BytesIO(), "w") as package:
        package.writestr("a.xml", f"<a>{NAME}</a>")
        with pytest.warns(UserWarning, match="Duplicate"):
            package.writestr("a.xml", "<a/>")
    assert NAME in texts_of(entries_of(tmp_path, data.getvalue(), ZIP))


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("word/embeddings/a.xlsx", as_xlsx([(PARAGRAPH, NAME)])),
        ("word/embeddings/a.docx", with_parts(NOTICE, {"b.xlsx": as_xlsx([(PARAGRAPH, NAME)])})),
        ("word/afchunk.htm", as_html([(PARAGRAPH, NAME)])),
        ("word/a.txt", NAME.encode("gb18030")),
        ("word/other.zip", zipped(comment=RAW)),
        (
            "word/printerSettings/printerSettings1.bin",
            b"\1\0\2" + NAME.encode("utf-16-le") + b"\0\0",
        ),
    ],
)
def test_a_name_in_a_file_inside_is_found(tmp_path: Path, name: str, data: bytes) -> None:
    entries = entries_of(tmp_path, with_parts(NOTICE, {name: data}), docx.MEDIA_TYPE)
    assert any(NAME in one.text and one.where.startswith(name) for one in entries)
    assert unread_of(entries) == []


def test_files_are_opened_to_a_depth(tmp_path: Path) -> None:
    data = zipped(comment=RAW)
    for _ in range(6):
        data = with_parts(zipped(), {"inner.zip": data})
    entries = list(inventory(saved(tmp_path, data), ZIP, ReadLimits(1_000, 10, nesting=2)))
    assert [reason for reason, _ in unread_of(entries)] == ["nested too deeply"]


def test_a_damaged_file_inside_is_unread(tmp_path: Path) -> None:
    data = with_parts(NOTICE, {"word/a.docx": NOTICE[:2_000]})
    found = unread_of(entries_of(tmp_path, data, docx.MEDIA_TYPE))
    assert [where for _, where in found] == ["word/a.docx"]


def test_xml_that_is_nested_too_deeply_is_unread(tmp_path: Path) -> None:
    deep = f"<a>{'<p>' * 1_900}{NAME}{'</p>' * 1_900}</a>".encode()
    entries = entries_of(tmp_path, with_parts(NOTICE, {"deep.xml": deep}), docx.MEDIA_TYPE)
    assert NAME in texts_of(entries)
    assert unread_of(entries) == [("damaged", "deep.xml")]


def test_text_of_a_shape_with_a_font_for_each_part_is_found(tmp_path: Path) -> None:
    fonts = f"<font>{NAME[:1]}</font><font>{NAME[1:]}</font>"
    shape = f"<v:shape><v:textbox><div>{fonts}</div></v:textbox></v:shape>"
    vml = f'<xml xmlns:v="urn:schemas-microsoft-com:vml">{shape}</xml>'.encode()
    data = with_parts(as_xlsx(), {"xl/drawings/vmlDrawing1.vml": vml})
    assert NAME in texts_of(entries_of(tmp_path, data, sheets.XLSX))


@pytest.mark.parametrize("name", ["page.xhtml", "page.txt"])
@pytest.mark.parametrize("declaration", ['<?xml version="1.0"?>', ""])
def test_a_page_in_a_package_is_read_as_a_page(tmp_path: Path, name: str, declaration: str) -> None:
    style = f"<style>p::before {{ content: '{NAME[:2]}' }}</style>"
    program = "<script>document.write(a.split('').reverse().join(''))</script>"
    page = (
        f'{declaration}<html xmlns="http://www.w3.org/1999/xhtml"><head>{style}</head>'
        f"<body><p>{NAME[2:]}</p>{program}</body></html>"
    )
    entries = entries_of(tmp_path, with_parts(zipped(), {name: page.encode()}), ZIP)
    assert NAME in texts_of(entries)
    assert ("text that a program puts together", f"{name} > script") in unread_of(entries)
