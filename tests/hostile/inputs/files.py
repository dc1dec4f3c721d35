"""Small files that unpack, nest or repeat to something large, one of every format that is read."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Mapping

from tests.hostile.sender import Input, document

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
S = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
OFD = 'xmlns:ofd="http://www.ofdspec.org/2016"'
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
MIB = 1024 * 1024


def _zip(parts: Mapping[str, bytes | str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return out.getvalue()


def _office(main: str, kind: str, content: str, more: Mapping[str, str] | None = None) -> bytes:
    """An Office package of one main part, whose content type ends in `kind`."""
    package = "application/vnd.openxmlformats-"
    types = (
        f'<Default Extension="rels" ContentType="{package}package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/{main}" ContentType="{package}officedocument.{kind}.main+xml"/>'
    )
    return _zip(
        {
            "[Content_Types].xml": f'<Types xmlns="{TYPES}">{types}</Types>',
            "_rels/.rels": _relationship("officeDocument", main),
            main: content,
            **(more or {}),
        }
    )


def _relationship(kind: str, target: str) -> str:
    link = f'<Relationship Id="r1" Type="{OFFICE}/{kind}" Target="{target}"/>'
    return f'<Relationships xmlns="{RELATIONSHIPS}">{link}</Relationships>'


def _docx(body: str, before: str = "") -> bytes:
    content = f"{before}<w:document {W}><w:body>{body}</w:body></w:document>"
    return _office("word/document.xml", "wordprocessingml.document", content)


def _xlsx(sheet: str) -> bytes:
    sheets = '<sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets>'
    more = {
        "xl/_rels/workbook.xml.rels": _relationship("worksheet", "worksheets/sheet1.xml"),
        "xl/worksheets/sheet1.xml": f"<worksheet {S}>{sheet}</worksheet>",
    }
    workbook = f'<workbook {S} xmlns:r="{OFFICE}">{sheets}</workbook>'
    return _office("xl/workbook.xml", "spreadsheetml.sheet", workbook, more)


def docx_one_gigabyte() -> bytes:
    return _docx("<w:p><w:r><w:t>" + "a" * (300 * MIB) + "</w:t></w:r></w:p>")


def docx_entities() -> bytes:
    entities = '<!ENTITY a0 "aaaaaaaaaa">' + "".join(
        f'<!ENTITY a{at} "{f"&a{at - 1};" * 10}">' for at in range(1, 10)
    )
    return _docx("<w:p><w:r><w:t>&a9;</w:t></w:r></w:p>", f"<!DOCTYPE w [{entities}]>")


def docx_nested_tables() -> bytes:
    text = "<w:p><w:r><w:t>甲</w:t></w:r></w:p>"
    return _docx("<w:tbl><w:tr><w:tc>" * 5_000 + text + "</w:tc></w:tr></w:tbl>" * 5_000)


def docx_million_runs() -> bytes:
    return _docx("<w:p>" + "<w:r><w:t>甲</w:t></w:r>" * 800_000 + "</w:p>")


def docx_wide_table() -> bytes:
    span = '<w:tcPr><w:gridSpan w:val="100000"/></w:tcPr>'
    cell = f"<w:tc>{span}<w:p><w:r><w:t>甲</w:t></w:r></w:p></w:tc>"
    return _docx("<w:tbl>" + f"<w:tr>{cell * 20}</w:tr>" * 200 + "</w:tbl>")


def xlsx_far_cell() -> bytes:
    rows = "".join(
        f'<row r="{at}"><c r="XFD{at}" t="inlineStr"><is><t>甲</t></is></c></row>'
        for at in range(1, 1_048_577, 50)
    )
    return _xlsx(f'<dimension ref="A1:XFD1048576"/><sheetData>{rows}</sheetData>')


def xlsx_merged() -> bytes:
    merged = '<mergeCell ref="A1:XFD1048576"/>' * 20_000
    cell = '<row r="1"><c r="A1" t="inlineStr"><is><t>甲</t></is></c></row>'
    return _xlsx(f"<sheetData>{cell}</sheetData><mergeCells>{merged}</mergeCells>")


def ofd_pages_alike() -> bytes:
    root = "<ofd:DocBody><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody>"
    page = '<ofd:Page ID="9" BaseLoc="p.xml"/>'
    pages = f"<ofd:Pages>{page * 900}</ofd:Pages>"
    code = '<ofd:TextCode X="0" Y="0">甲</ofd:TextCode>'
    word = f'<ofd:TextObject ID="2" Boundary="0 0 9 9" Size="3">{code}</ofd:TextObject>'
    layer = f'<ofd:Content><ofd:Layer ID="1">{word * 20_000}</ofd:Layer></ofd:Content>'
    return _zip(
        {
            "OFD.xml": f"<ofd:OFD {OFD}>{root}</ofd:OFD>",
            "Doc_0/Document.xml": f"<ofd:Document {OFD}>{pages}</ofd:Document>",
            "Doc_0/p.xml": f"<ofd:Page {OFD}>{layer}</ofd:Page>",
        }
    )


def _pdf(objects: list[bytes]) -> bytes:
    """A PDF of these objects, numbered from 1; the first is the catalogue."""
    out = bytearray(b"%PDF-1.7\n")
    offsets = []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def _stream(content: bytes, more: bytes = b"") -> bytes:
    packed = zlib.compress(content, 9)
    head = b"<</Filter/FlateDecode/Length %d%s>>" % (len(packed), more)
    return head + b"\nstream\n" + packed + b"\nendstream"


FONT = b"<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>"
CATALOGUE = b"<</Type/Catalog/Pages 2 0 R>>"
PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Resources 5 0 R>>"


def _pdf_page(
    content: bytes, resources: bytes = FONT + b">>", count: int = 1, more: list[bytes] | None = None
) -> bytes:
    kids = b"3 0 R " * count
    pages = b"<</Type/Pages/Count %d/Kids[%s]>>" % (count, kids)
    return _pdf([CATALOGUE, pages, PAGE, content, resources, *(more or [])])


def pdf_large_stream() -> bytes:
    return _pdf_page(_stream(b" " * (300 * MIB) + b"BT /F 9 Tf (a) Tj ET"))


def pdf_pages_alike() -> bytes:
    words = b"BT /F 9 Tf " + b"1 0 0 1 9 9 Tm (word) Tj " * 20_000 + b"ET"
    return _pdf_page(_stream(words), count=900)


def pdf_lines() -> bytes:
    lines = b"".join(
        b"%d 0 m %d 800 l S 0 %d m 600 %d l S\n" % (at % 600, at % 600, at % 800, at % 800)
        for at in range(60_000)
    )
    return _pdf_page(_stream(b"BT /F 9 Tf 9 9 Td (a) Tj ET\n" + lines))


def pdf_forms_doubled() -> bytes:
    """Thirty forms, each painting the next one twice."""
    forms = []
    for at in range(30):
        resources = (
            b"/Type/XObject/Subtype/Form/BBox[0 0 600 800]/Resources<</XObject<</X %d 0 R>>>>"
            % (7 + at)
        )
        forms.append(_stream(b"/X Do /X Do", resources))
    last = _stream(
        b"BT /F 9 Tf (a) Tj ET",
        b"/Type/XObject/Subtype/Form/BBox[0 0 600 800]/Resources" + FONT + b">>",
    )
    return _pdf_page(_stream(b"/X Do"), b"<</XObject<</X 6 0 R>>>>", more=[*forms, last])


def _png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content))
            + kind
            + content
            + struct.pack(">I", zlib.crc32(kind + content))
        )

    rows = zlib.compressobj(9)
    row = b"\0" * (1 + width // 8)
    packed = b"".join(rows.compress(row * 1_000) for _ in range(height // 1_000)) + rows.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    )


def png_large() -> bytes:
    return _png(60_000, 60_000)


def html_nested() -> bytes:
    return b"<html><body>" + b"<div><b>" * 200_000 + b"a"


def html_table() -> bytes:
    cell = b'<td colspan="1000" rowspan="65534">a</td>'
    return b"<table>" + (b"<tr>" + cell * 20 + b"</tr>") * 2_000 + b"</table>"


def rtf_nested() -> bytes:
    return b"{\\rtf1 " + b"{\\b " * 500_000 + b"a" + b"}" * 500_000 + b"}"


def eml_nested() -> bytes:
    head = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (at, at)
        for at in range(2_000)
    )
    return (
        b"From: a@example.org\r\nSubject: a\r\nMIME-Version: 1.0\r\n"
        + head
        + b"Content-Type: text/plain\r\n\r\na"
    )


def text_of_one_line() -> bytes:
    return b"a" * (3 * MIB)


def ods_repeated() -> bytes:
    namespace = "urn:oasis:names:tc:opendocument:xmlns"
    names = "".join(
        f' xmlns:{name}="{namespace}:{name}:1.0"' for name in ("office", "table", "text")
    )
    repeated = 'table:number-columns-repeated="16384"'
    cell = f"<table:table-cell {repeated}><text:p>a</text:p></table:table-cell>"
    row = f'<table:table-row table:number-rows-repeated="1048576">{cell}</table:table-row>'
    sheet = f"<office:spreadsheet><table:table>{row}</table:table></office:spreadsheet>"
    content = f"<office:document-content{names}><office:body>{sheet}</office:body>"
    return _zip(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": content + "</office:document-content>",
            "META-INF/manifest.xml": "<manifest/>",
        }
    )


def zip_in_zip() -> bytes:
    content = gzip.compress(b"a" * MIB)
    for _ in range(20):
        content = _zip({f"{at}.zip": content for at in range(3)})
        if len(content) > MIB:
            break
    return content


INPUTS: tuple[Input, ...] = (
    document("file: OFD of 900 pages alike", "a.ofd", ofd_pages_alike, times=12, short=True),
    document("file: DOCX of 300 MiB unpacked", "a.docx", docx_one_gigabyte, short=True),
    document("file: DOCX of entities in entities", "a.docx", docx_entities),
    document("file: DOCX of 5,000 tables in tables", "a.docx", docx_nested_tables),
    document("file: DOCX of 800,000 runs", "a.docx", docx_million_runs),
    document(
        "file: DOCX masked, 800,000 runs", "a.docx", docx_million_runs, task="redact", times=2
    ),
    document("file: DOCX of cells over 100,000 columns", "a.docx", docx_wide_table),
    document("file: XLSX with cells far apart", "a.xlsx", xlsx_far_cell),
    document("file: XLSX of 20,000 merged areas", "a.xlsx", xlsx_merged),
    document("file: ODS of repeated cells", "a.ods", ods_repeated),
    document("file: PDF of a stream of 300 MiB", "a.pdf", pdf_large_stream),
    document("file: PDF of 900 pages alike", "a.pdf", pdf_pages_alike),
    document("file: PDF of 120,000 lines", "a.pdf", pdf_lines),
    document("file: PDF of forms doubled 30 times", "a.pdf", pdf_forms_doubled),
    document("file: PDF masked, 900 pages alike", "a.pdf", pdf_pages_alike, task="redact", times=2),
    document("file: PNG of 60,000 by 60,000", "a.png", png_large),
    document("file: HTML of 400,000 open elements", "a.html", html_nested),
    document("file: HTML of wide and high cells", "a.html", html_table),
    document("file: RTF of 500,000 groups", "a.rtf", rtf_nested),
    document("file: mail of 2,000 mails in mails", "a.eml", eml_nested),
    document("file: text of one line", "a.txt", text_of_one_line, task="proofread", times=2),
    document("file: archives in archives", "a.zip", zip_in_zip),
)
