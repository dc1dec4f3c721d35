"""More files of every format: frames, annotations, trees with shared branches, long attributes."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Callable

from PIL import Image, ImageDraw

from tests.hostile.inputs.files import (
    CATALOGUE,
    FONT,
    OFD,
    OFFICE,
    PAGE,
    RELATIONSHIPS,
    S,
    _docx,
    _office,
    _pdf,
    _pdf_page,
    _relationship,
    _stream,
    _xlsx,
    _zip,
)
from tests.hostile.sender import Input, document

WORD = b"BT /F 9 Tf 9 9 Td (word) Tj ET"


def _picture(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def tiff_of_frames() -> bytes:
    frame = Image.new("1", (2_400, 3_300), 1)
    options = {"save_all": True, "append_images": [frame] * 99, "compression": "group4"}
    return _picture(frame, "TIFF", **options)


def tiff_of_words() -> bytes:
    """Forty pages full of text, which OCR reads for minutes."""
    page = Image.new("L", (1_240, 1_754), 255)
    draw = ImageDraw.Draw(page)
    for line in range(110):
        draw.text((20, 15 * line), "the water is off on this day " * 7, fill=0)
    options = {"save_all": True, "append_images": [page] * 39, "compression": "tiff_lzw"}
    return _picture(page, "TIFF", **options)


def webp_large() -> bytes:
    return _picture(Image.new("RGB", (16_000, 16_000)), "WEBP", lossless=True, method=0)


def pdf_annotations() -> bytes:
    notes = b"".join(
        b"<</Type/Annot/Subtype/FreeText/Rect[0 0 600 800]/Contents(note %d)>>" % at
        for at in range(60_000)
    )
    page = PAGE[:-2] + b"/Annots[%s]>>" % notes
    pages = b"<</Type/Pages/Count 1/Kids[3 0 R]>>"
    return _pdf([CATALOGUE, pages, page, _stream(WORD), FONT + b">>"])


def _pdf_of_tree(key: bytes, entry: Callable[[int], bytes], leaf: bytes) -> bytes:
    """A PDF whose catalogue has a tree of 30 levels; each node has the next one twice."""
    levels = [b"<<%s>>" % entry(6 + at + 1) for at in range(30)]
    pages = b"<</Type/Pages/Count 1/Kids[3 0 R]>>"
    catalogue = CATALOGUE[:-2] + key + b">>"
    return _pdf([catalogue, pages, PAGE, _stream(WORD), FONT + b">>", *levels, leaf])


def pdf_names_doubled() -> bytes:
    return _pdf_of_tree(
        b"/Names<</EmbeddedFiles 6 0 R>>",
        lambda child: b"/Kids[%d 0 R %d 0 R]" % (child, child),
        b"<</Names[(a)<</Type/Filespec/F(a.txt)>>]>>",
    )


def pdf_fields_doubled() -> bytes:
    return _pdf_of_tree(
        b"/AcroForm<</Fields[6 0 R 6 0 R]>>",
        lambda child: b"/T(a)/Kids[%d 0 R %d 0 R]" % (child, child),
        b"<</FT/Tx/T(b)/V(value)>>",
    )


def pdf_outlines_doubled() -> bytes:
    return _pdf_of_tree(
        b"/Outlines 6 0 R",
        lambda child: b"/Title(a)/First %d 0 R/Last %d 0 R/Next %d 0 R" % (child, child, child),
        b"<</Title(b)>>",
    )


def pdf_pages_doubled() -> bytes:
    levels = [
        b"<</Type/Pages/Count 1073741824/Kids[%d 0 R %d 0 R]>>" % (7 + at, 7 + at)
        for at in range(30)
    ]
    last = b"<</Type/Pages/Count 1/Kids[3 0 R]>>"
    root = b"<</Type/Pages/Count 1073741824/Kids[6 0 R 6 0 R]>>"
    return _pdf([CATALOGUE, root, PAGE, _stream(WORD), FONT + b">>", *levels, last])


def pdf_character_map() -> bytes:
    ranges = b"100 beginbfrange\n" + b"<0000> <FFFF> <4E00>\n" * 100 + b"endbfrange\n"
    cmap = b"/CIDInit /ProcSet findresource begin begincmap\n" + ranges * 300 + b"endcmap end"
    font = b"<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica/ToUnicode 6 0 R>>>>>>"
    words = b"BT /F 9 Tf " + b"1 0 0 1 9 9 Tm (word) Tj " * 50 + b"ET"
    return _pdf_page(_stream(words), font, count=200, more=[_stream(cmap)])


def pdf_object_stream() -> bytes:
    count = 100_000
    objects = b"".join(b"[%d 0 R %d 0 R] " % (9 + at, 9 + at) for at in range(count))
    index = b" ".join(b"%d %d" % (9 + at, at * 10) for at in range(count))
    more = b"/Type/ObjStm/N %d/First %d" % (count, len(index) + 1)
    return _pdf_page(_stream(WORD), more=[b"null", b"null", _stream(index + b" " + objects, more)])


def pdf_many_pages() -> bytes:
    """Pages with text that differs a little, for masking."""
    count = 120
    kids = b" ".join(b"%d 0 R" % (4 + 2 * at) for at in range(count))
    objects = [CATALOGUE, b"<</Type/Pages/Count %d/Kids[%s]>>" % (count, kids), FONT + b">>"]
    for at in range(count):
        head = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Resources 3 0 R/Contents %d 0 R>>"
        lines = b"".join(
            b"1 0 0 1 20 %d Tm (page %d line %d call 13800138000 now and then) Tj " % (y, at, y)
            for y in range(20, 780, 9)
        )
        objects += [head % (5 + 2 * at), _stream(b"BT /F 8 Tf " + lines + b"ET")]
    return _pdf(objects)


def xlsx_shared_string() -> bytes:
    cells = '<c t="s"><v>0</v></c>' * 50
    rows = f"<row>{cells}</row>" * 4_000
    sheets = '<sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets>'
    strings = f"<sst {S}><si><t>{'a' * 1_000_000}</t></si></sst>"
    links = "".join(
        f'<Relationship Id="{id_}" Type="{OFFICE}/{kind}" Target="{target}"/>'
        for id_, kind, target in (
            ("r1", "worksheet", "worksheets/sheet1.xml"),
            ("r2", "sharedStrings", "sharedStrings.xml"),
        )
    )
    more = {
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{RELATIONSHIPS}">{links}'
        "</Relationships>",
        "xl/worksheets/sheet1.xml": f"<worksheet {S}><sheetData>{rows}</sheetData></worksheet>",
        "xl/sharedStrings.xml": strings,
    }
    workbook = f'<workbook {S} xmlns:r="{OFFICE}">{sheets}</workbook>'
    return _office("xl/workbook.xml", "spreadsheetml.sheet", workbook, more)


def xlsx_long_row() -> bytes:
    """A row of 16,384 cells, and 60,000 rows of one."""
    cell = '<c t="inlineStr"><is><t>a</t></is></c>'
    rows = f"<row>{cell * 16_384}</row>" + f"<row>{cell}</row>" * 60_000
    return _xlsx(f"<sheetData>{rows}</sheetData>")


def docx_styles_chained() -> bytes:
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="s{at}"><w:basedOn w:val="s{at + 1}"/></w:style>'
        for at in range(20_000)
    )
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    body = "".join(
        f'<w:p><w:pPr><w:pStyle w:val="s{at % 20_000}"/></w:pPr><w:r><w:t>a</w:t></w:r></w:p>'
        for at in range(40_000)
    )
    more = {
        "word/_rels/document.xml.rels": _relationship("styles", "styles.xml"),
        "word/styles.xml": f"<w:styles {space}>{styles}</w:styles>",
    }
    content = f"<w:document {space}><w:body>{body}</w:body></w:document>"
    return _office("word/document.xml", "wordprocessingml.document", content, more)


def docx_chunks_doubled() -> bytes:
    """Twenty documents, each including the next one twice."""
    inner = _docx("<w:p><w:r><w:t>a</w:t></w:r></w:p>")
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    body = f'<w:altChunk r:id="r1" xmlns:r="{OFFICE}"/>' * 2
    content = f"<w:document {space}><w:body>{body}</w:body></w:document>"
    for _ in range(20):
        package = _office(
            "word/document.xml",
            "wordprocessingml.document",
            content,
            {"word/_rels/document.xml.rels": _relationship("aFChunk", "inner.docx")},
        )
        inner = _with_part(package, "word/inner.docx", inner)
    return inner


def _with_part(package: bytes, name: str, content: bytes) -> bytes:
    out = io.BytesIO(package)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr(name, content)
    return out.getvalue()


def ofd_composites_doubled() -> bytes:
    root = "<ofd:DocBody><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody>"
    box = 'Boundary="0 0 9 9"'
    code = '<ofd:TextCode X="0" Y="0">a</ofd:TextCode>'
    text = f'<ofd:TextObject ID="2" {box} Size="3">{code}</ofd:TextObject>'
    units = "".join(
        f'<ofd:CompositeGraphicUnit ID="{100 + at}" Width="9" Height="9"><ofd:Content>'
        + f'<ofd:CompositeObject ID="{1000 + at}" {box} ResourceID="{101 + at}"/>' * 2
        + "</ofd:Content></ofd:CompositeGraphicUnit>"
        for at in range(30)
    )
    units += (
        f'<ofd:CompositeGraphicUnit ID="130" Width="9" Height="9"><ofd:Content>{text}'
        "</ofd:Content></ofd:CompositeGraphicUnit>"
    )
    resources = f"<ofd:CompositeGraphicUnits>{units}</ofd:CompositeGraphicUnits>"
    data = "<ofd:CommonData><ofd:PublicRes>PublicRes.xml</ofd:PublicRes></ofd:CommonData>"
    pages = '<ofd:Pages><ofd:Page ID="9" BaseLoc="p.xml"/></ofd:Pages>'
    used = f'<ofd:CompositeObject ID="3" {box} ResourceID="100"/>'
    layer = f'<ofd:Content><ofd:Layer ID="1">{text}{used}</ofd:Layer></ofd:Content>'
    return _zip(
        {
            "OFD.xml": f"<ofd:OFD {OFD}>{root}</ofd:OFD>",
            "Doc_0/Document.xml": f"<ofd:Document {OFD}>{data}{pages}</ofd:Document>",
            "Doc_0/PublicRes.xml": f"<ofd:Res {OFD}>{resources}</ofd:Res>",
            "Doc_0/p.xml": f"<ofd:Page {OFD}>{layer}</ofd:Page>",
        }
    )


def ofd_deep() -> bytes:
    root = "<ofd:DocBody><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody>"
    pages = '<ofd:Pages><ofd:Page ID="9" BaseLoc="p.xml"/></ofd:Pages>'
    text = '<ofd:TextObject ID="2" Boundary="0 0 9 9" Size="3"><ofd:TextCode>a</ofd:TextCode>'
    blocks = "<ofd:PageBlock>" * 200 + (text + "</ofd:TextObject>") * 100
    layer = f"<ofd:Content><ofd:Layer>{blocks}{'</ofd:PageBlock>' * 200}</ofd:Layer></ofd:Content>"
    return _zip(
        {
            "OFD.xml": f"<ofd:OFD {OFD}>{root}</ofd:OFD>",
            "Doc_0/Document.xml": f"<ofd:Document {OFD}>{pages}</ofd:Document>",
            "Doc_0/p.xml": f"<ofd:Page {OFD}>{layer}</ofd:Page>",
        }
    )


def html_long_attribute() -> bytes:
    return b'<html><body><p title="' + b"a b; " * 2_000_000 + b'">a</p></body></html>'


def html_many_attributes() -> bytes:
    attributes = b" ".join(b'a%d="1"' % at for at in range(200_000))
    return b"<html><body><p %s>a</p></body></html>" % attributes


def html_many_rules() -> bytes:
    rules = b"".join(b".c%d div .d%d{display:none}" % (at, at) for at in range(20_000))
    body = b'<div class="c1 c2"><p class="d3">a</p></div>' * 40_000
    return b"<html><head><style>%s</style></head><body>%s</body></html>" % (rules, body)


def markdown_brackets() -> bytes:
    return b"# a\n\n" + b"[" * 300_000 + b"\n\n" + b"![a](" * 100_000


def markdown_quotes() -> bytes:
    return (
        b"# a\n\n" + b"".join(b"`" * at + b" a " for at in range(1, 1_300)) + b"\n" + b"*a_ " * 99
    )


def csv_long_row() -> bytes:
    return b",".join([b"a"] * 100_000) + b"\n" + b"a,b\n" * 100_000


def eml_attachments() -> bytes:
    content = base64.encodebytes(_docx("<w:p><w:r><w:t>a</w:t></w:r></w:p>"))
    kind = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    part = b"--b\r\nContent-Type: %s; name=a.docx\r\nContent-Transfer-Encoding: base64\r\n" % kind
    part += b"Content-Disposition: attachment; filename=a.docx\r\n\r\n%s\r\n" % content
    head = b"From: a@example.org\r\nSubject: a\r\nMIME-Version: 1.0\r\n"
    return head + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + part * 4_000 + b"--b--\r\n"


def eml_long_header() -> bytes:
    words = b"".join(b" =?utf-8?q?a=E7=94=B2?=\r\n" for _ in range(100_000))
    return b"From: a@example.org\r\nSubject:" + words + b"MIME-Version: 1.0\r\n\r\na"


def odt_of_spaces() -> bytes:
    namespace = "urn:oasis:names:tc:opendocument:xmlns"
    names = "".join(f' xmlns:{name}="{namespace}:{name}:1.0"' for name in ("office", "text"))
    spaces = '<text:s text:c="500000000"/>' * 4
    body = f"<office:body><office:text><text:p>a{spaces}b</text:p></office:text></office:body>"
    content = f'<office:document-content{names} office:version="1.2">{body}'
    kind = "application/vnd.oasis.opendocument.text"
    entry = f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
    return _zip(
        {
            "mimetype": kind,
            "content.xml": content + "</office:document-content>",
            "META-INF/manifest.xml": '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:'
            f'opendocument:xmlns:manifest:1.0">{entry}</manifest:manifest>',
        }
    )


def rtf_of_cells() -> bytes:
    row = b"\\trowd" + b"".join(b"\\cellx%d" % (100 * at) for at in range(1, 60))
    return b"{\\rtf1 " + (row + b"a\\cell" * 59 + b"\\row ") * 8_000 + b"}"


FORMATS: tuple[tuple[str, str, Callable[[], bytes]], ...] = (
    ("TIFF of 100 large frames", "a.tiff", tiff_of_frames),
    ("TIFF of forty pages of words", "a.tiff", tiff_of_words),
    ("WebP of 16,000 by 16,000", "a.webp", webp_large),
    ("PDF of 60,000 annotations", "a.pdf", pdf_annotations),
    ("PDF of names doubled 30 times", "a.pdf", pdf_names_doubled),
    ("PDF of fields doubled 30 times", "a.pdf", pdf_fields_doubled),
    ("PDF of outlines doubled 30 times", "a.pdf", pdf_outlines_doubled),
    ("PDF of pages doubled 30 times", "a.pdf", pdf_pages_doubled),
    ("PDF of a map of characters to itself", "a.pdf", pdf_character_map),
    ("PDF of 100,000 objects in a stream", "a.pdf", pdf_object_stream),
    ("XLSX of a string used 200,000 times", "a.xlsx", xlsx_shared_string),
    ("XLSX of one long row", "a.xlsx", xlsx_long_row),
    ("DOCX of a chain of 20,000 styles", "a.docx", docx_styles_chained),
    ("DOCX of documents doubled 20 times", "a.docx", docx_chunks_doubled),
    ("OFD of composites doubled 30 times", "a.ofd", ofd_composites_doubled),
    ("OFD of 200 blocks in blocks", "a.ofd", ofd_deep),
    ("HTML of an attribute of 10 MB", "a.html", html_long_attribute),
    ("HTML of 200,000 attributes", "a.html", html_many_attributes),
    ("HTML of 20,000 rules", "a.html", html_many_rules),
    ("Markdown of 300,000 brackets", "a.md", markdown_brackets),
    ("Markdown of 1,300 quotes", "a.md", markdown_quotes),
    ("CSV of one long row", "a.csv", csv_long_row),
    ("mail of 4,000 documents", "a.eml", eml_attachments),
    ("mail of a header of 100,000 words", "a.eml", eml_long_header),
    ("ODT of 2,000,000,000 spaces", "a.odt", odt_of_spaces),
    ("RTF of 472,000 cells", "a.rtf", rtf_of_cells),
)
INPUTS: tuple[Input, ...] = (
    *(document(f"file: {name}", filename, content) for name, filename, content in FORMATS),
    document("file: PDF masked, 120 pages", "a.pdf", pdf_many_pages, task="redact", times=2),
)
