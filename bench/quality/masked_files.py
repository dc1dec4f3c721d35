"""Files with identifiers in every place, masked by `redact` and searched independently."""

from __future__ import annotations

import io
import random
import re
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pypdfium2 as pdfium
from lxml import etree
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from bench.quality.identifiers import VALID
from bench.quality.measure import Measure
from documents.limits import ReadLimits
from documents.masking.account import Account
from documents.masking.formats import MASKED_FORMATS
from documents.readers import docx, pdf
from standin.documents.builders import as_docx
from tasks.redact.finder import RULES, Targets
from tasks.redact.masker import Masker, Style

FILES = 20
_SEED = 20_260_102
_LIMITS = ReadLimits(max_chars=1_000_000, max_pages=100)
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_NAMES = f'xmlns:w="{_W}" xmlns:wp="urn:wp" xmlns:v="urn:schemas-microsoft-com:vml"'
_PLACES, _NOTE, _FIELD, _LINK = 16, 10, 11, 15


def left_in_files() -> Iterator[Measure]:
    """How many identifiers in DOCX and PDF files can still be read from the masked files."""
    rng = random.Random(_SEED)
    for name, media_type, build, search in (
        ("DOCX", docx.MEDIA_TYPE, docx_with_identifiers, readable_in_docx),
        ("PDF", pdf.MEDIA_TYPE, pdf_with_identifiers, readable_in_pdf),
    ):
        before = left = total = 0
        for _ in range(FILES):
            numbers = some_identifiers(rng)
            file = build(numbers)
            before += count_in(search(file), numbers)
            left += count_in(search(masked_file(file, media_type)), numbers)
            total += len(numbers)
        yield Measure("redact", f"{name}: identifiers readable before", total, before, float(total))
        yield Measure(
            "redact", f"{name}: identifiers left after", total, left, 0, lower_is_better=True
        )


def some_identifiers(rng: random.Random) -> Sequence[str]:
    """One for each place in a file, of kinds that are found without context."""
    makes = [make for name, (_, make) in VALID.items() if name != "detailed addresses"]
    numbers = [rng.choice(makes)(rng) for _ in range(_PLACES)]
    # In these places only Latin text can be found in the bytes without parsing the PDF.
    for place in (_NOTE, _FIELD, _LINK):
        numbers[place] = VALID["mobiles"][1](rng)
    return numbers


def masked_file(file: bytes, media_type: str) -> bytes:
    masker = Masker(Targets(frozenset(RULES)), Style())
    with tempfile.NamedTemporaryFile() as saved:
        saved.write(file)
        saved.flush()
        mask = MASKED_FORMATS[media_type]
        return mask(Path(saved.name), masker.masking(), _LIMITS, Account()).data


def count_in(text: str, numbers: Sequence[str]) -> int:
    """How many occur in the readable text of a file, ignoring white space."""
    solid = re.sub(r"\s", "", text)
    return sum(number in solid for number in numbers)


def docx_with_identifiers(numbers: Sequence[str]) -> bytes:
    """A Word document with one number in each of sixteen places."""
    n = list(numbers)
    half = len(n[1]) // 2
    body = (
        _p(_r(f"当事人{n[0]}，"))
        + _p(
            _r("号码：")
            + f"<w:r><w:rPr><w:b/></w:rPr><w:t>{n[1][:half]}</w:t></w:r>"
            + _r(n[1][half:])
        )
        + _p(f'<w:ins w:id="1" w:author="a">{_r(n[2])}</w:ins>')
        + _p(f'<w:del w:id="2" w:author="a"><w:r><w:delText>{n[3]}</w:delText></w:r></w:del>')
        + f"<w:tbl><w:tr><w:tc>{_p(_r(n[4]))}</w:tc></w:tr></w:tbl>"
        + _p(f"<w:r><w:instrText>MERGEFIELD {n[5]}</w:instrText></w:r>")
        + _p(
            f"<w:r><w:pict><v:textbox><w:txbxContent>{_p(_r(n[6]))}</w:txbxContent></v:textbox></w:pict></w:r>"
        )
        + _p(f'<w:r><w:drawing><wp:docPr id="1" name="x" descr="照片 {n[7]}"/></w:drawing></w:r>')
        + _p(f"<w:r><w:rPr><w:vanish/></w:rPr><w:t>{n[8]}</w:t></w:r>")
    )
    parts = {
        "word/document.xml": f"<w:document {_NAMES}><w:body>{body}</w:body></w:document>",
        "word/header1.xml": f"<w:hdr {_NAMES}>{_p(_r(n[9]))}</w:hdr>",
        "word/footer1.xml": f"<w:ftr {_NAMES}>{_p(_r(n[10]))}</w:ftr>",
        "word/footnotes.xml": f"<w:footnotes {_NAMES}>{_p(_r(n[11]))}</w:footnotes>",
        "word/comments.xml": f"<w:comments {_NAMES}>{_p(_r(n[12]))}</w:comments>",
        "docProps/custom.xml": f"<Properties><v>{n[13]}</v></Properties>",
        "customXml/item1.xml": f"<data><who>{n[14]}</who></data>",
        "word/_rels/document.xml.rels": (
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            f'<Relationship Id="r1" Type="x/hyperlink" Target="http://a.b/?q={n[15]}" '
            'TargetMode="External"/></Relationships>'
        ),
    }
    return _packed(parts)


def _packed(parts: Mapping[str, str]) -> bytes:
    written = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(as_docx(()))) as template,
        zipfile.ZipFile(written, "w") as packed,
    ):
        for name in template.namelist():
            if name not in parts:
                packed.writestr(name, template.read(name))
        for name, xml in parts.items():
            packed.writestr(name, xml)
    return written.getvalue()


def _p(runs: str) -> str:
    return f"<w:p>{runs}</w:p>"


def _r(text: str) -> str:
    return f"<w:r><w:t>{text}</w:t></w:r>"


def readable_in_docx(file: bytes) -> str:
    """The texts and bytes of all parts, and the bytes of the zip file itself."""
    pieces = [file.decode("latin-1")]
    with zipfile.ZipFile(io.BytesIO(file)) as packed:
        for name in packed.namelist():
            data = packed.read(name)
            pieces += [name, data.decode("utf-8", "replace")]
            if name.endswith((".xml", ".rels")):
                root = etree.fromstring(data)
                pieces.append("".join(str(text) for text in root.itertext()))
    return "\n".join(pieces)


def pdf_with_identifiers(numbers: Sequence[str]) -> bytes:
    """A PDF with numbers on pages, in properties, bookmarks, notes and fields."""
    font = UnicodeCIDFont("STSong-Light")
    pdfmetrics.registerFont(font)
    written = io.BytesIO()
    canvas = Canvas(written, pagesize=A4, invariant=1)
    canvas.setTitle(numbers[0])
    canvas.setAuthor(numbers[1])
    canvas.setKeywords(numbers[2])
    for page in range(4):
        canvas.setFont(font.fontName, 12)
        canvas.drawString(72, 700, f"第{page + 1}页的内容。")
        shown = numbers[3 + 3 * page : 6 + 3 * page] if page != 2 else ()
        for line, number in enumerate(shown):
            canvas.drawString(72, 660 - 30 * line, f"号码：{number}。")
        canvas.showPage()
    canvas.drawString(72, 700, "fields")
    canvas.bookmarkPage("k")
    canvas.addOutlineEntry(numbers[9], "k")
    canvas.textAnnotation(numbers[_NOTE], Rect=[72, 400, 100, 430])
    canvas.acroForm.textfield(name="f", value=numbers[_FIELD], x=72, y=500, width=300)
    canvas.linkURL(f"http://a.b/?q={numbers[_LINK]}", (72, 300, 100, 330))
    canvas.showPage()
    canvas.save()
    return written.getvalue()


def readable_in_pdf(file: bytes) -> str:
    """The text layer, properties and bookmarks, and all bytes, decompressed where possible."""
    with pdfium.PdfDocument(file) as document:
        pieces = [*document.get_metadata_dict().values()]
        pieces += [bookmark.get_title() for bookmark in document.get_toc()]
        pieces += [page.get_textpage().get_text_range() for page in document]
    pieces.append(file.decode("latin-1"))
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", file, re.DOTALL):
        try:
            pieces.append(zlib.decompressobj().decompress(stream).decode("latin-1"))
        except zlib.error:
            continue
    return "\n".join([*pieces, file.replace(b"\x00", b"").decode("latin-1")])
