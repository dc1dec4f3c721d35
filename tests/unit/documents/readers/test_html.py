from __future__ import annotations

import time
from pathlib import Path

import pytest

from documents.document import BlockKind, Document
from documents.errors import CorruptDocument
from documents.read import read
from standin.documents.builders import LIMITS, saved


def page(tmp_path: Path, markup: str, encoding: str = "utf-8") -> list[tuple[BlockKind, str]]:
    document: Document = read(saved(tmp_path, markup.encode(encoding)), LIMITS)
    assert document.media_type == "text/html"
    return [(block.kind, document.text[block.start : block.end]) for block in document.blocks]


def words(tmp_path: Path, markup: str) -> list[str]:
    return [text for _, text in page(tmp_path, markup)]


def test_what_a_browser_does_not_show_is_left_out(tmp_path: Path) -> None:
    markup = (
        "<html><head><title>no</title><style>no</style></head><body>yes<script>no</script>"
        "<template><p>no</p></template><noscript>no</noscript><p hidden>no</p><!-- no -->"
        "<p style='color: red; Display: None'>no<b>no</b></p><p>and <span aria-hidden='true'>no"
        "</span>yes</p><select><option>no</option></select>"
        "<table><tr><td>a<script>no</script></td><td style='display:none'>no</td></tr>"
        "<tr><td>b</td><td>c</td></tr></table></body></html>"
    )
    assert words(tmp_path, markup) == ["yes", "and yes", "a\t\nb\tc"]


def test_headings_lists_and_line_breaks(tmp_path: Path) -> None:
    markup = (
        "<html><body><h2>Title</h2><ul><li>one<li>two<ul><li>inner</ul></ul>"
        "<ol start=4><li>four<li><p>five</p></ol><div>a<br>b</div><pre>x  y\n  z</pre></body>"
    )
    assert page(tmp_path, markup) == [
        (BlockKind.heading, "Title"),
        (BlockKind.list_item, "one"),
        (BlockKind.list_item, "two"),
        (BlockKind.list_item, "inner"),
        (BlockKind.list_item, "4. four"),
        (BlockKind.list_item, "5. five"),
        (BlockKind.paragraph, "a\nb"),
        (BlockKind.paragraph, "x y\nz"),
    ]


def test_source_lines_join_as_their_script_does(tmp_path: Path) -> None:
    markup = "<html><body><p>为了加强\n  档案管理，\n<b>制定</b>\n本法</p><p>two\n words</p></body>"
    assert words(tmp_path, markup) == ["为了加强档案管理，制定本法", "two words"]


def test_a_layout_table_is_not_a_table(tmp_path: Path) -> None:
    markup = (
        "<html><body><table><tr><td>menu</td><td><h1>Notice</h1><p>text</p>"
        "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>"
        "</td></tr></table></body></html>"
    )
    assert page(tmp_path, markup) == [
        (BlockKind.paragraph, "menu"),
        (BlockKind.heading, "Notice"),
        (BlockKind.paragraph, "text"),
        (BlockKind.table, "a\tb\nc\td"),
    ]


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [("gb2312", "gb18030"), ("big5", "big5"), ("utf-8", "gb18030"), ("nonsense", "utf-8")],
)
def test_the_declared_encoding_is_used_unless_it_is_wrong(
    tmp_path: Path, declared: str, encoding: str
) -> None:
    text = "申請書已經收到" if encoding == "big5" else "镕基先生的申请书已经收到"
    markup = f'<html><head><meta charset="{declared}"></head><body><p>{text}</p></body></html>'
    assert page(tmp_path, markup, encoding) == [(BlockKind.paragraph, text)]


def test_entities_are_read_and_broken_ones_do_no_harm(tmp_path: Path) -> None:
    markup = "<html><body><p>a &lt; b&nbsp;&amp; c &#xD800; &#0; &bogus;</p></body></html>"
    (text,) = words(tmp_path, markup)
    assert text.startswith("a < b & c ")
    assert text.encode()


def test_ten_thousand_levels_are_read(tmp_path: Path) -> None:
    markup = "<html><body>" + "<div>" * 10_000 + "deep" + "</div>" * 10_000
    assert words(tmp_path, markup) == ["deep"]


@pytest.mark.parametrize(
    "markup",
    [
        "<p {}>x",
        "<p class='a>b' {}>x",
        "<!-- <a b=' --><p {}>x",
        "<script>if (a<b) c='</script><p {}>x",
    ],
)
def test_a_tag_with_very_many_attributes_is_refused(tmp_path: Path, markup: str) -> None:
    usual, many = (" ".join(f"a{at}=b" for at in range(count)) for count in (900, 1_100))
    assert words(tmp_path, "<html>" + markup.format(usual)) == ["x"]
    with pytest.raises(CorruptDocument, match="attributes"):
        words(tmp_path, "<html>" + markup.format(many))


def test_a_page_with_very_many_attributes_is_refused_in_linear_time(tmp_path: Path) -> None:
    start = time.process_time()
    with pytest.raises(CorruptDocument, match="attributes"):
        words(tmp_path, "<html><p " + " ".join(f"a{at}=b" for at in range(100_000)) + ">x")
    # The parser takes twenty seconds.
    assert time.process_time() - start < 3
