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
        "<p style='color: red; Display: None'>no<b>no</b></p><p>and <span hidden>no"
        "</span>yes</p><datalist><option>no</option></datalist>"
        "<table><tr><td>a<script>no</script></td><td style='display:none'>no</td></tr>"
        "<tr><td>b</td><td>c</td></tr></table></body></html>"
    )
    assert words(tmp_path, markup) == ["yes", "and yes", "a\nb\tc"]


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


def test_numbers_of_lists_are_those_that_a_browser_shows(tmp_path: Path) -> None:
    markup = (
        "<html><body><ol type=A start=27><li>a<li value=3>b</ol><ol type=i><li>c<li>d</ol>"
        "<ol reversed><li>e<li>f</ol>"
    )
    assert words(tmp_path, markup) == ["AA. a", "C. b", "i. c", "ii. d", "2. e", "1. f"]


def test_buttons_and_aria_hidden_text_are_shown(tmp_path: Path) -> None:
    markup = "<html><body><p><button>第一条</button> <span aria-hidden='true'>总则</span></p>"
    assert words(tmp_path, markup) == ["第一条 总则"]


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("10<sup>8</sup>吨", "10^8吨"),
        ("10<sup>-3</sup>", "10^-3"),
        ("a<sup>n+1</sup>", "a^(n+1)"),
        ("m<sup>2</sup>", "m^2"),
        ("2<sup>2<sup>3</sup></sup>", "2^(2^3)"),
        ("H<sub>2</sub>SO<sub>4</sub>", "H2SO4"),
        ("log<sub>2</sub>8", "log_(2)8"),
        ("增长<sup>1</sup>，下降<sup>[2]</sup>", "增长[1]，下降[2]"),
        ("1<sup>st</sup>", "1st"),
        ("<math><mfrac><mn>1</mn><mn>2</mn></mfrac></math>", "1/2"),
        (
            "<math><mfrac><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mn>2</mn></mfrac></math>",
            "(a+b)/2",
        ),
        ("<math><msup><mn>10</mn><mn>8</mn></msup></math>", "10^8"),
        ("<math><msub><mi>x</mi><mn>1</mn></msub><msqrt><mi>y</mi></msqrt></math>", "x_1√(y)"),
        (
            "<math><semantics><mi>z</mi><annotation>no</annotation></semantics></math>",
            "z",
        ),
    ],
)
def test_scripts_and_equations_keep_their_value(tmp_path: Path, markup: str, text: str) -> None:
    assert words(tmp_path, f"<html><body><p>{markup}</p>") == [text]


def test_an_equation_that_is_nested_too_deeply_is_named(tmp_path: Path) -> None:
    markup = "<html><body><p>x</p><math>" + "<msqrt>" * 100 + "1</math>"
    document = read(saved(tmp_path, markup.encode()), LIMITS)
    assert document.text == "x"
    assert [one.what for one in document.unread] == ["equation"]


def test_readings_follow_the_words_that_they_belong_to(tmp_path: Path) -> None:
    markup = (
        "<html><body><p><ruby>档<rp>(</rp><rt>dàng</rt><rp>)</rp></ruby><ruby>案<rt>àn</rt></ruby>"
        "馆，<ruby>漢<rt>かん</rt>字<rt>じ</rt></ruby></p><p>下</p>"
    )
    assert words(tmp_path, markup) == ["档案（dàng àn）馆，漢字（かんじ）", "下"]


def test_what_a_page_shows_and_is_not_read_is_named(tmp_path: Path) -> None:
    markup = (
        f"<html><body><h2>附图</h2><img src='data:image/png;base64,{'A' * 600}'>"
        "<img src='m/%E5%9B%BE.png'><img src=b.png alt=平面图><img src=dot.gif width=1 height=1>"
        "<iframe src='http://x.test/b.html'></iframe><video src=v.mp4></video>"
        "<object data=o.pdf></object><svg><text>图内</text><text>文字</text></svg>"
        "<style>p::before { content: '附注' } i::after { content: '\\f101' }</style>"
    )
    document = read(saved(tmp_path, markup.encode()), LIMITS)
    assert [(one.what, one.where) for one in document.unread] == [
        ("picture", "below “附图”"),
        ("picture", "图.png, below “附图”"),
        ("picture", "平面图, below “附图”"),
        ("frame", "b.html, below “附图”"),
        ("recording", "v.mp4, below “附图”"),
        ("embedded object", "o.pdf, below “附图”"),
        ("generated text", "p::before"),
    ]
    assert [block.kind for block in document.blocks[1:]] == [BlockKind.drawing] * 2


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
    [
        ("gb2312", "gb18030"),
        ("big5", "big5"),
        ("utf-8", "gb18030"),
        ("nonsense", "utf-8"),
        ("gb2312", "utf-8"),
        ("gb2312", "utf-8-sig"),
        ("iso-8859-1", "gb18030"),
    ],
)
def test_the_declared_encoding_is_used_unless_it_is_wrong(
    tmp_path: Path, declared: str, encoding: str
) -> None:
    text = "申請書已經收到" if encoding == "big5" else "镕基先生的申请书已经收到"
    markup = f'<html><head><meta charset="{declared}"></head><body><p>{text}</p></body></html>'
    assert page(tmp_path, markup, encoding) == [(BlockKind.paragraph, text)]


@pytest.mark.parametrize("count", range(1, 9))
def test_a_page_in_utf_8_that_declares_gb2312_is_read_whatever_its_length(
    tmp_path: Path, count: int
) -> None:
    text = "关于做好防汛工作"[:count]
    markup = f"<html><head><meta charset=gb2312></head><body><p>{text}</p></body></html>"
    assert words(tmp_path, markup) == [text]


def test_the_encoding_of_an_xml_declaration_is_used(tmp_path: Path) -> None:
    markup = "<?xml version='1.0' encoding='euc-kr'?><html><body><p>주민등록</p></body></html>"
    assert page(tmp_path, markup, "euc-kr") == [(BlockKind.paragraph, "주민등록")]


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
