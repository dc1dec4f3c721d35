"""Notes, headers, footers, comments and hidden content of a DOCX."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from documents.document import BlockKind
from documents.errors import CorruptDocument, DocumentTooLong, UnsupportedDocument
from documents.limits import ReadLimits
from documents.read import read
from standin.documents.builders import LIMITS, docx_with, saved
from standin.documents.docx_parts import INCLUDED, including, related

HIDDEN = ReadLimits(max_chars=10_000, max_pages=1, hidden=True)


def run(text: str, tag: str = "t") -> str:
    return f'<w:r><w:{tag} xml:space="preserve">{text}</w:{tag}></w:r>'


def paragraph(text: str) -> str:
    return f"<w:p>{run(text)}</w:p>"


def found(tmp_path: Path, data: bytes, limits: ReadLimits = LIMITS) -> list[tuple[BlockKind, str]]:
    document = read(saved(tmp_path, data), limits)
    return [(block.kind, document.text[block.start : block.end]) for block in document.blocks]


def letter() -> bytes:
    parts = {
        "word/footnotes.xml": "footnotes|"
        f'<w:footnote w:type="separator">{paragraph("line")}</w:footnote>'
        f"<w:footnote>{paragraph('脚注')}</w:footnote>",
        "word/endnotes.xml": f"endnotes|<w:endnote>{paragraph('尾注')}</w:endnote>",
        "word/header1.xml": f"hdr|{paragraph('内部文件')}",
        "word/header2.xml": f"hdr|{paragraph('内部文件')}{paragraph('首页')}",
        "word/footer1.xml": f"ftr|{paragraph('— 1 —')}",
        "word/comments.xml": f'comments|<w:comment w:author="x">{paragraph("请核实")}</w:comment>',
    }
    kinds = [
        ("footnotes", "footnotes.xml"),
        ("endnotes", "endnotes.xml"),
        ("header", "header1.xml"),
        ("header", "header2.xml"),
        ("footer", "footer1.xml"),
        ("comments", "comments.xml"),
    ]
    return related(docx_with(paragraph("正文"), parts), *kinds)


def test_notes_headers_and_comments_follow_the_body_as_their_kinds(tmp_path: Path) -> None:
    assert found(tmp_path, letter()) == [
        (BlockKind.paragraph, "正文"),
        (BlockKind.footnote, "脚注"),
        (BlockKind.footnote, "尾注"),
        (BlockKind.header, "内部文件"),
        (BlockKind.header, "首页"),
        (BlockKind.footer, "— 1 —"),
        (BlockKind.comment, "请核实"),
    ]


def test_hidden_content_is_read_on_request(tmp_path: Path) -> None:
    body = (
        f"<w:p>{run('kept ')}<w:ins>{run('new ')}</w:ins><w:del>{run('old', 'delText')}</w:del>"
        f"<w:moveFrom>{run('left')}</w:moveFrom></w:p>"
        f"<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>secret</w:t></w:r>{run('shown')}</w:p>"
        f"<w:p>{run('HYPERLINK mailto:x', 'instrText')}</w:p>"
        f"<w:tbl><w:tr><w:trPr><w:del/></w:trPr><w:tc>{paragraph('row')}</w:tc></w:tr></w:tbl>"
    )
    shown = [(BlockKind.paragraph, "kept new"), (BlockKind.paragraph, "shown")]
    hidden = ["oldleft", "secret", "HYPERLINK mailto:x", "row"]
    assert found(tmp_path, docx_with(body)) == shown
    assert found(tmp_path, docx_with(body), HIDDEN) == [
        *shown,
        *((BlockKind.hidden, text) for text in hidden),
    ]


def test_text_deleted_from_a_header_is_hidden_content(tmp_path: Path) -> None:
    header = f"hdr|<w:p><w:del>{run('旧文头', 'delText')}</w:del></w:p>"
    data = related(
        docx_with(paragraph("正文"), {"word/header1.xml": header}), ("header", "header1.xml")
    )
    assert found(tmp_path, data) == [(BlockKind.paragraph, "正文")]
    assert found(tmp_path, data, HIDDEN)[1:] == [(BlockKind.hidden, "旧文头")]


def test_a_watermark_is_hidden_content_once(tmp_path: Path) -> None:
    header = (
        'hdr|<w:p><w:r><w:pict><v:shape xmlns:v="urn:schemas-microsoft-com:vml">'
        '<v:textpath string="内部资料"/></v:shape></w:pict></w:r></w:p>'
    )
    parts = {"word/header1.xml": header, "word/header2.xml": header}
    data = related(
        docx_with(paragraph("正文"), parts), ("header", "header1.xml"), ("header", "header2.xml")
    )
    assert found(tmp_path, data) == [(BlockKind.paragraph, "正文")]
    assert found(tmp_path, data, HIDDEN)[1:] == [(BlockKind.hidden, "内部资料")]


PAGE = "<html><body><h1>附件</h1><p>名单</p></body></html>"
ARCHIVE = (
    'MIME-Version: 1.0\nContent-Type: multipart/related; type="text/html"; boundary="x"\n\n'
    '--x\nContent-Type: text/html; charset="utf-8"\n'
    "Content-Location: file:///C:/fake/document.html\n\n"
    f"{PAGE}\n--x--\n"
)


def test_the_description_of_a_picture_is_hidden_content(tmp_path: Path) -> None:
    names = "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"
    picture = f'<w:r><w:drawing><wp:docPr xmlns:wp="{names}" id="1" name="a" descr="张三的照片"/>'
    data = docx_with(f"<w:p>{run('正文')}{picture}</w:drawing></w:r></w:p>")
    assert found(tmp_path, data) == [(BlockKind.paragraph, "正文")]
    assert found(tmp_path, data, HIDDEN)[1:] == [(BlockKind.hidden, "张三的照片")]


@pytest.mark.parametrize(
    ("data", "read_as"),
    [
        (PAGE.encode(), [(BlockKind.heading, "附件"), (BlockKind.paragraph, "名单")]),
        (ARCHIVE.encode(), [(BlockKind.heading, "附件"), (BlockKind.paragraph, "名单")]),
        ("名单".encode("gb18030"), [(BlockKind.paragraph, "名单")]),
        (docx_with(paragraph("名单")), [(BlockKind.paragraph, "名单")]),
        (b" ", []),
    ],
)
def test_an_included_file_is_read_in_place(
    tmp_path: Path, data: bytes, read_as: list[tuple[BlockKind, str]]
) -> None:
    body = f"{paragraph('前')}{INCLUDED}{paragraph('后')}"
    before, after = (BlockKind.paragraph, "前"), (BlockKind.paragraph, "后")
    assert found(tmp_path, including(data, body)) == [before, *read_as, after]


def test_an_included_file_that_is_missing_or_in_a_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorruptDocument, match="missing"):
        found(tmp_path, docx_with(INCLUDED))
    in_table = f"<w:tbl><w:tr><w:tc>{INCLUDED}</w:tc></w:tr></w:tbl>"
    with pytest.raises(UnsupportedDocument, match="in Word"):
        found(tmp_path, including(PAGE.encode(), in_table))
    header = docx_with(paragraph("正文"), {"word/header1.xml": f"hdr|{INCLUDED}"})
    with pytest.raises(UnsupportedDocument, match="in Word"):
        found(tmp_path, related(header, ("header", "header1.xml")))


def test_recursive_inclusion_ends(tmp_path: Path) -> None:
    data = docx_with(paragraph("名单"))
    for _ in range(4):
        data = including(data, INCLUDED)
    assert found(tmp_path, data) == [(BlockKind.paragraph, "名单")]
    with pytest.raises(DocumentTooLong, match="unpacks"):
        found(tmp_path, data, replace(LIMITS, max_expanded_bytes=2 * len(data)))
