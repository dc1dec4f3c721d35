"""The walker of WordprocessingML: which elements hold text, and of what kind."""

from __future__ import annotations

from lxml import etree

from documents.ooxml.text import hidden_text, shown_nodes, shown_text, text_nodes

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
BOX = "<w:drawing><w:txbxContent><w:p><w:r><w:t>box</w:t></w:r></w:p></w:txbxContent></w:drawing>"


def body(markup: str) -> etree._Element:
    return etree.fromstring(f'<w:body xmlns:w="{W}">{markup}</w:body>')


def test_each_text_says_what_kind_it_is() -> None:
    root = body(
        "<w:p><w:r><w:t>a</w:t></w:r><w:ins><w:r><w:t>b</w:t></w:r></w:ins>"
        "<w:del><w:r><w:delText>c</w:delText></w:r></w:del>"
        "<w:r><w:rPr><w:vanish/></w:rPr><w:t>d</w:t></w:r><w:r><w:instrText>e</w:instrText></w:r>"
        "</w:p>"
    )
    nodes = [node for node in text_nodes(root) if not node.is_end]
    assert "".join(node.text for node in nodes if node.is_shown) == "ab"
    assert [node.text for node in nodes if node.context.is_inserted] == ["b"]
    assert [node.text for node in nodes if node.is_deleted] == ["c"]
    assert [node.text for node in nodes if node.context.is_hidden] == ["d"]
    assert [node.text for node in nodes if node.is_code] == ["e"]


def test_a_tab_stop_is_no_tab() -> None:
    root = body(
        "<w:p><w:pPr><w:tabs><w:tab/></w:tabs></w:pPr><w:r><w:tab/><w:t>a</w:t></w:r></w:p>"
    )
    assert [node.text for node in text_nodes(root) if not node.is_end] == ["\t", "a"]


def test_a_text_box_in_a_hidden_run_is_hidden_content() -> None:
    root = body(f"<w:p><w:r><w:rPr><w:vanish/></w:rPr>{BOX}</w:r></w:p>")
    assert not shown_nodes(root)
    assert list(hidden_text(root)) == ["box"]


def test_a_text_box_in_a_deleted_row_is_hidden_content() -> None:
    root = body(
        "<w:tbl><w:tr><w:trPr><w:del/></w:trPr>"
        f"<w:tc><w:p><w:r>{BOX}</w:r></w:p></w:tc></w:tr></w:tbl>"
    )
    assert not shown_nodes(root)
    assert list(hidden_text(root)) == ["box"]


def test_deleted_text_keeps_the_characters_between_its_words() -> None:
    root = body(
        "<w:p><w:del><w:r><w:delText>3</w:delText><w:noBreakHyphen/><w:delText>4</w:delText>"
        "</w:r></w:del></w:p>"
    )
    assert shown_text(root) == ""
    assert list(hidden_text(root)) == ["3-4"]


def test_the_runs_of_a_point_of_a_diagram_are_one_text() -> None:
    point = etree.fromstring(
        '<d:pt xmlns:d="http://schemas.openxmlformats.org/drawingml/2006/diagram" '
        'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"><d:t><a:bodyPr/>'
        "<a:p><a:r><a:t>13812</a:t></a:r><a:r><a:t>345678</a:t></a:r></a:p></d:t></d:pt>"
    )
    assert "".join(node.text for node in text_nodes(point)) == "13812345678\n"


def test_elements_inside_a_text_do_not_hide_it() -> None:
    root = body("<w:p><w:r><w:t>a<w:p/></w:t></w:r></w:p>")
    assert [node.text for node in text_nodes(root) if not node.is_end] == ["a"]
