"""What a page of a Word document shows: merged cells, changed paragraphs, hidden text, WordArt."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from documents.document import BlockKind, Document
from documents.read import read
from documents.table import Span
from standin.documents.builders import LIMITS, docx_with, saved
from standin.documents.docx_parts import related


def run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def p(text: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr>{run(text)}</w:p>"


def document(tmp_path: Path, body: str, styles: str = "") -> Document:
    parts = {"word/styles.xml": f"styles|{styles}"} if styles else None
    return read(saved(tmp_path, docx_with(body, parts)), replace(LIMITS, hidden=True))


def shown(tmp_path: Path, body: str, styles: str = "") -> list[str]:
    found = document(tmp_path, body, styles)
    blocks = (block for block in found.blocks if block.kind is not BlockKind.hidden)
    return [found.text[block.start : block.end] for block in blocks]


def hidden(tmp_path: Path, body: str, styles: str = "") -> list[str]:
    found = document(tmp_path, body, styles)
    blocks = (block for block in found.blocks if block.kind is BlockKind.hidden)
    return [found.text[block.start : block.end] for block in blocks]


def cell(text: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{p(text)}</w:tc>"


def table(*rows: str) -> str:
    return f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in rows)}</w:tbl>"


FIRST, MORE, WIDE = '<w:vMerge w:val="restart"/>', "<w:vMerge/>", '<w:gridSpan w:val="2"/>'


def test_merged_cells_keep_values_in_their_columns(tmp_path: Path) -> None:
    body = table(
        "<w:trPr><w:tblHeader/></w:trPr>"
        + cell("unit", FIRST) + cell("2025", WIDE) + cell("note", FIRST),
        cell("", MORE) + cell("in") + cell("out") + cell("", MORE),
        cell("sum", WIDE) + cell("18") + cell("x"),
        '<w:trPr><w:gridBefore w:val="3"/></w:trPr>' + cell("right"),
        cell("a", '<w:hMerge w:val="restart"/>') + cell("", "<w:hMerge/>") + cell("b"),
    )  # fmt: skip
    found = document(tmp_path, body)
    assert found.text == "unit\t2025\t\tnote\n\tin\tout\nsum\t\t18\tx\n\t\t\tright\na\t\tb"
    spans = {(0, 0, 2, 1), (0, 1, 1, 2), (0, 3, 2, 1), (2, 0, 1, 2), (4, 0, 1, 2)}
    assert set(found.tables[0].spans) == {Span(*span) for span in spans}
    assert found.tables[0].head_rows == 1


def nested(text: str) -> str:
    return f"<w:tc><w:tcPr/>{text}</w:tc>"


INNER = table(cell("x") + cell("y"), cell("z") + cell("w"))


def test_a_table_in_a_cell_is_text_of_the_cell(tmp_path: Path) -> None:
    body = table(cell("甲") + cell("乙"), cell("1") + nested(p("明细") + INNER + p("完")))
    assert shown(tmp_path, body) == ["甲\t乙\n1\t明细 x y z w 完"]


def test_a_table_that_frames_another_leaves_it_whole(tmp_path: Path) -> None:
    assert shown(tmp_path, table(nested(p("上") + INNER + p("下")))) == ["上", "x\ty\nz\tw", "下"]


def test_rows_and_cells_of_a_table_in_a_cell_may_be_hidden(tmp_path: Path) -> None:
    continued = cell("盖住", "<w:vMerge/>") + cell("乙")
    deleted = f"<w:trPr><w:del/></w:trPr>{cell('删去')}"
    inner = table(cell("甲", '<w:vMerge w:val="restart"/>'), continued, deleted)
    body = table(cell("a") + nested(inner + p("")))
    assert shown(tmp_path, body) == ["a\t甲 乙"]
    assert hidden(tmp_path, body) == ["盖住", "删去"]


def test_text_that_a_merged_cell_covers_and_hidden_rows_are_hidden_content(tmp_path: Path) -> None:
    body = table(
        cell("a", FIRST) + cell("1"),
        cell("covered", MORE) + cell("2"),
        "<w:trPr><w:hidden/></w:trPr>" + cell("secret") + cell("3"),
        cell("b") + cell("left", "<w:cellDel/>"),
    )
    assert shown(tmp_path, body) == ["a\t1\n\t2\nb"]
    assert hidden(tmp_path, body) == ["covered", "secret", "3"]


DELETED, MOVED = "<w:rPr><w:del/></w:rPr>", "<w:rPr><w:moveFrom/></w:rPr>"


@pytest.mark.parametrize(
    ("body", "blocks"),
    [
        (p("one ", DELETED) + p("two "), ["one two"]),
        (p("one ", DELETED) + p("two ", MOVED) + p("three"), ["one two three"]),
        (p("one", DELETED) + table(cell("x")), ["one", "x"]),
        (p("one", DELETED), ["one"]),
        (p("run-in ", "<w:rPr><w:vanish/><w:specVanish/></w:rPr>") + p("text"), ["run-in text"]),
        (table(f"<w:tc>{p('one ', DELETED)}{p('two')}</w:tc>"), ["one two"]),
    ],
)
def test_a_paragraph_without_a_mark_is_one_with_the_next(
    tmp_path: Path, body: str, blocks: list[str]
) -> None:
    assert shown(tmp_path, body) == blocks


STYLES = (
    '<w:style w:type="character" w:styleId="C"><w:rPr><w:vanish/></w:rPr></w:style>'
    '<w:style w:type="paragraph" w:styleId="P"><w:rPr><w:vanish/></w:rPr></w:style>'
    '<w:style w:type="paragraph" w:styleId="Q"><w:basedOn w:val="P"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="R"><w:basedOn w:val="P"/><w:rPr><w:vanish w:val="0"/>'
    "</w:rPr></w:style>"
)


def test_text_hidden_by_a_style_is_hidden_content(tmp_path: Path) -> None:
    by_character, in_hidden = '<w:rStyle w:val="C"/>', '<w:pStyle w:val="Q"/>'
    body = (
        f"<w:p>{run('public')}{run('secret', by_character)}"
        f"{run(' again', by_character + '<w:vanish w:val=' + chr(34) + '0' + chr(34) + '/>')}</w:p>"
        f"<w:p><w:pPr>{in_hidden}</w:pPr><w:r><w:t>whole</w:t></w:r></w:p>"
        f"<w:p><w:pPr>{in_hidden}</w:pPr>{run('toggled', by_character)}</w:p>"
        f"{p('shown', '<w:pStyle w:val=' + chr(34) + 'R' + chr(34) + '/>')}"
    )
    assert shown(tmp_path, body, STYLES) == ["public again", "toggledshown"]
    assert hidden(tmp_path, body, STYLES) == ["secret", "whole"]


def test_the_default_style_may_hide_text(tmp_path: Path) -> None:
    default = '<w:style w:type="paragraph" w:default="1" w:styleId="D"><w:rPr><w:vanish/></w:rPr>'
    shows = '<w:style w:type="paragraph" w:styleId="S"/>'
    body = p("secret") + p("shown", '<w:pStyle w:val="S"/>')
    assert shown(tmp_path, body, f"{default}</w:style>{shows}") == ["shown"]


def alternatives(first: str, second: str, requires: str = "") -> str:
    return (
        f"<mc:AlternateContent><mc:Choice {requires}>{first}</mc:Choice>"
        f"<mc:Fallback>{second}</mc:Fallback></mc:AlternateContent>"
    )


def test_one_of_two_alternatives_is_read(tmp_path: Path) -> None:
    unknown = 'xmlns:x="urn:unknown" Requires="x"'
    body = (
        alternatives(p("new"), p("old"))
        + alternatives(p("unknown"), p("known"), unknown)
        + f"<w:p>{alternatives(run('unknown'), run('in a line'), unknown)}</w:p>"
        + table(f"<w:tc>{alternatives(p('cell'), p('old'))}</w:tc>")
    )
    assert shown(tmp_path, body) == ["new", "known", "in a line", "cell"]
    alone = (
        f"<mc:AlternateContent><mc:Choice {unknown}>{p('only')}</mc:Choice></mc:AlternateContent>"
    )
    assert shown(tmp_path, alone) == ["only"]


def test_word_art_is_read_in_place_and_is_no_hidden_content(tmp_path: Path) -> None:
    art = (
        '<w:r><w:pict><v:shape xmlns:v="urn:schemas-microsoft-com:vml">'
        '<v:textpath string="某某市人民政府文件"/></v:shape></w:pict></w:r>'
    )
    body = f"<w:p>{art}</w:p>{p('某政发〔2026〕1号')}"
    assert shown(tmp_path, body) == ["某某市人民政府文件", "某政发〔2026〕1号"]
    assert hidden(tmp_path, body) == []


def test_an_equation_in_a_paragraph_of_its_own_is_read_in_place(tmp_path: Path) -> None:
    space = 'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
    block = f"<m:oMathPara {space}><m:oMath><m:r><m:t>S=a+b</m:t></m:r></m:oMath></m:oMathPara>"
    assert shown(tmp_path, p("公式：") + block + p("式中")) == ["公式：", "S=a+b", "式中"]


def test_names_of_parts_with_backslashes_and_capitals_are_read(tmp_path: Path) -> None:
    header = {"word/header1.xml": f"hdr|{p('页眉')}"}
    packed = io.BytesIO()
    usual = related(docx_with(p("words"), header), ("header", "Header1.xml"))
    with zipfile.ZipFile(io.BytesIO(usual)) as old, zipfile.ZipFile(packed, "w") as new:
        for name in old.namelist():
            entry = zipfile.ZipInfo("x")
            entry.filename = name.replace("/", "\\").replace("document.xml", "Document.XML")
            new.writestr(entry, old.read(name))
    assert read(saved(tmp_path, packed.getvalue()), LIMITS).text == "words\n\n页眉"


@pytest.mark.parametrize(
    ("element", "noted"),
    [
        ('<c:chart xmlns:c="urn:c"/>', "chart"),
        ('<w:object><o:OLEObject xmlns:o="urn:o" ProgID="Equation.3"/></w:object>', "equation"),
        ('<w:object><o:OLEObject xmlns:o="urn:o" ProgID="Excel.Sheet.12"/></w:object>',
         "embedded object"),
        ('<w:object><w:control/></w:object>', "form"),
        ('<w:fldChar w:fldCharType="begin"/><w:instrText>AUTONUMLGL</w:instrText>'
         '<w:fldChar w:fldCharType="end"/>', "number"),
        ("<w:t>\ue123</w:t>", "character"),
        ('<w:sym w:font="Wingdings 3" w:char="F0E1"/>', "symbol"),
    ],
)  # fmt: skip
def test_what_is_not_read_is_named(tmp_path: Path, element: str, noted: str) -> None:
    body = f"<w:p>{run('text')}<w:r>{element}</w:r></w:p>"
    in_table = table(f"<w:tc>{body}</w:tc>")
    for found in (document(tmp_path, body), document(tmp_path, in_table)):
        assert [(one.what, one.where) for one in found.unread] == [(noted, "body")]
    deleted = f"<w:p>{run('text')}<w:del><w:r>{element}</w:r></w:del></w:p>"
    assert document(tmp_path, deleted).unread == ()


def ruby(words: str, reading: str, properties: str = "") -> str:
    parts = f"<w:rt>{run(reading, properties)}</w:rt><w:rubyBase>{run(words)}</w:rubyBase>"
    return f"<w:r><w:ruby><w:rubyPr/>{parts}</w:ruby></w:r>"


def test_readings_over_words_follow_them_in_brackets(tmp_path: Path) -> None:
    line = f"<w:p>{run('读作')}{ruby('亳州', 'Bózhōu')}{run('的地名')}</w:p>"
    assert shown(tmp_path, line) == ["读作亳州(Bózhōu)的地名"]
    assert shown(tmp_path, table(f"<w:tc>{line}</w:tc>")) == ["读作亳州(Bózhōu)的地名"]
    unread = f"<w:p>{ruby('亳州', 'Bózhōu', '<w:vanish/>')}{ruby('市', '')}</w:p>"
    assert shown(tmp_path, unread) == ["亳州市"]
    assert hidden(tmp_path, unread) == ["Bózhōu"]
