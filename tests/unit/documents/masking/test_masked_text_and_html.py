from __future__ import annotations

import base64
import gzip
import hashlib
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from random import Random
from urllib.parse import quote

import pytest

from documents.errors import UnsupportedDocument
from documents.read import read
from documents.readers import html, markdown, text
from standin.documents.builders import LIMITS, saved
from tests.unit.documents.masking.masks import NAME, PERSON, PHONE, masked


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_a_text_in_any_encoding_is_masked_and_written_in_utf_8(
    tmp_path: Path, encoding: str
) -> None:
    file, account = masked(f"申请人{NAME}，电话{PHONE}。\r\n完".encode(encoding), tmp_path)
    assert file.data.decode() == "申请人****，电话138****1234。\n完"
    assert file.media_type == text.MEDIA_TYPE
    assert account.masked == {("text", "term"): 1, ("text", "mobile"): 1}


@pytest.mark.parametrize(
    "written",
    [
        quote(NAME),
        quote(NAME.encode("gb18030")),
        quote(quote(NAME)),
        base64.b64encode(NAME.encode()).decode(),
        NAME.encode().hex(),
        "".join(f"&#{ord(char)};" for char in NAME),
    ],
)
def test_encoded_forms_in_a_text_are_masked(tmp_path: Path, written: str) -> None:
    file, _ = masked(f"正文在此 {written} 完".encode(), tmp_path)
    assert written not in file.data.decode()
    assert file.data.decode().startswith("正文在此 ")
    assert file.data.decode().endswith(" 完")


def test_markup_that_divides_a_number_in_markdown_does_not_hide_it(tmp_path: Path) -> None:
    page = f"# 标题\n\n电话138**1234**1234，**{NAME}**，[链接](http://x/?n={quote(NAME)})\n"
    file, _ = masked(page.encode(), tmp_path)
    words = file.data.decode()
    assert file.media_type == markdown.MEDIA_TYPE
    assert "138****1234，******" in words.replace("**", "**")
    assert "1234**1234" not in words
    assert "[链接](about:blank)" in words


@pytest.mark.parametrize(
    "element",
    ["bdo dir=rtl", 'bdo dir="RTL" class=a', 'p style="unicode-bidi:bidi-override;direction:rtl"',
     "span dir=rtl style='unicode-bidi: isolate-override'"],
)  # fmt: skip
def test_text_that_a_page_shows_backwards_is_masked(tmp_path: Path, element: str) -> None:
    backwards = PHONE[::-1]
    inner = f"{backwards[:4]}<b>{backwards[4:]}</b>"
    page = f"<meta charset=utf-8><p>电话：<{element}>{inner}</{element.split(maxsplit=1)[0]}>。"
    file, account = masked(page.encode(), tmp_path)
    assert account.masked == {("text", "mobile"): 1}
    assert backwards not in file.data.decode().replace("<b>", "").replace("</b>", "")
    text_of = read(saved(tmp_path, page.encode()), LIMITS).text
    assert f"\u202e{backwards}\u202c" in text_of


@pytest.mark.parametrize(
    "element", ["bdo", "bdo dir=ltr", "span dir=rtl", "p style='direction:rtl'"]
)
def test_other_directions_change_nothing(tmp_path: Path, element: str) -> None:
    page = f"<meta charset=utf-8><p>电话：<{element}>{PHONE}</{element.split(maxsplit=1)[0]}>。"
    assert "\u202e" not in read(saved(tmp_path, page.encode()), LIMITS).text


@pytest.mark.parametrize("label", ["utf-7", "UTF7", "unicode-1-1-utf-7", "csUnicode11UTF7"])
def test_a_page_in_utf_7_is_refused(tmp_path: Path, label: str) -> None:
    with pytest.raises(UnsupportedDocument, match="UTF-7"):
        masked(f"<html><meta charset='{label}'><p>+ADEAMw-".encode(), tmp_path)


PAGE = f"""<!DOCTYPE html><html><head><title>{NAME}</title><meta name="author" content="{NAME}">
<style>p:after{{content:"{NAME}"}}</style><script>var who="{NAME}"</script></head>
<body data-who="{NAME}" onload="f('{PHONE}')"><!-- {PHONE} -->
<h1 class="top">标题</h1><p>电话138<b>1234</b>1234，<i>完</i></p>
<p>138<span style="display:none">附</span>12345678</p>
<a href="http://x/?n={quote(NAME)}" title="{NAME}">链接</a>
<a href="javascript:f('{PHONE}')">程序</a><a href="mailto:{PHONE}@example.org">邮件</a>
<table><tr><td>号码</td><td>{PERSON}</td></tr></table>
<img alt="{NAME}" src="data:image/svg+xml;base64,{base64.b64encode(NAME.encode()).decode()}">
<input value="{PHONE}" placeholder="{NAME}"><textarea>{PHONE}</textarea>
<svg><text>{NAME}</text></svg><iframe srcdoc="{NAME}"></iframe>
<noscript>{NAME}</noscript><template>{NAME}</template><p>&#27431;&#38451;&#38738;&#31166;</p>
</body></html>"""


def test_nothing_to_mask_is_left_in_a_page(tmp_path: Path) -> None:
    file, account = masked(PAGE.encode(), tmp_path)
    page = file.data.decode()
    assert file.media_type == html.MEDIA_TYPE
    for value in (NAME, quote(NAME), PHONE, PERSON, "12345678", "&#27431;", "script"):
        assert value not in page, page
    assert account.removed["comments in the page"] == 1
    assert account.uncovered == []


def test_a_page_keeps_what_is_not_masked(tmp_path: Path) -> None:
    file, _ = masked(PAGE.encode(), tmp_path)
    page = file.data.decode()
    assert '<h1 class="top">标题</h1>' in page
    assert "<i>完</i>" in page
    assert "<td>号码</td><td>11*************02X</td>" in page
    assert '<a href="about:blank" title="****">链接</a>' in page


def test_markup_of_a_text_stays_a_text(tmp_path: Path) -> None:
    file, _ = masked(b"<html><body><p>1 &lt;b&gt; 2 &amp;amp; 3</p></body></html>", tmp_path)
    assert "<p>1 &lt;b&gt; 2 &amp;amp; 3</p>" in file.data.decode()


@pytest.mark.parametrize("gap", ["\n      ", "\r\n        ", "\n\t\t", "       "])
def test_white_space_that_a_page_does_not_show_hides_nothing(tmp_path: Path, gap: str) -> None:
    page = f"<p>电话1381234{gap}1234。{gap}欧阳{gap}青禾，<i>完{gap}了</i></p><p>甲{gap}乙</p>"
    file, _ = masked(f"<html><body>{page}</body></html>".encode(), tmp_path)
    words = file.data.decode()
    assert "<p>电话138****1234。 ****，" in words
    line = gap.replace("\r\n", "\n")
    assert f"<i>完{line}了</i></p><p>甲{line}乙</p>" in words


def test_white_space_in_preformatted_text_is_kept(tmp_path: Path) -> None:
    page = f"<html><body><pre>甲     乙\n    电话：{PHONE}\n    丙</pre></body></html>"
    file, _ = masked(page.encode(), tmp_path)
    assert "<pre>甲     乙\n    电话：138****1234\n    丙</pre>" in file.data.decode()


@pytest.mark.parametrize("beginning", ["# 题\n\n- ", "关于通知\n"])
def test_a_number_on_two_lines_of_which_one_is_indented_is_masked(
    tmp_path: Path, beginning: str
) -> None:
    file, _ = masked(f"{beginning}电话1381234\n      1234，欧阳\n      青禾。".encode(), tmp_path)
    assert "电话138****1234" in (words := file.data.decode())
    assert "青禾" not in words


def test_a_deeply_nested_page_is_written(tmp_path: Path) -> None:
    data = f"<html><body>{'<div>' * 5_000}{PHONE}".encode()
    file, _ = masked(data, tmp_path)
    assert b"138****1234" in file.data


def packed(text: str) -> bytes:
    """A ZIP container with a text and bytes that do not get smaller."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as container:
        container.writestr("a", Random(1).randbytes(400))
        container.writestr("b", text * 3)
    return written.getvalue()


@pytest.mark.parametrize("write", [lambda data: base64.encodebytes(data).decode(), bytes.hex])
@pytest.mark.parametrize("page", ["正文\n{}\n完", "# 标题\n\n{}\n\n完", "<html><pre>{}</pre>完"])
def test_encoded_data_in_a_text_is_left_out(
    tmp_path: Path, page: str, write: Callable[[bytes], str]
) -> None:
    written = write(packed(PHONE)).strip()
    # One character is damaged, so that the second half is no file.
    half = len(written) // 2
    file, account = masked(
        page.format(f"{written[:half]}${written[half + 1 :]}").encode(), tmp_path
    )
    text = file.data.decode()
    assert "***" in text
    assert "完" in text
    assert written[20:60] not in text
    assert written[-100:-60] not in text
    assert account.removed["encoded data"] == 2


def test_a_short_file_in_base64_is_left_out(tmp_path: Path) -> None:
    written = base64.b64encode(gzip.compress(PHONE.encode())).decode()
    file, account = masked(f"正文 {written} 完".encode(), tmp_path)
    assert file.data.decode() == "正文 *** 完"
    assert account.removed["encoded data"] == 1


def test_lists_of_hashes_are_no_data(tmp_path: Path) -> None:
    text = "\n".join(hashlib.sha256(bytes([at])).hexdigest() for at in range(9))
    file, _ = masked(f"正文\n{text}\n完".encode(), tmp_path)
    assert text in file.data.decode()


def test_tags_in_a_plain_text_do_not_hide_a_number(tmp_path: Path) -> None:
    file, _ = masked("正文在此，电话138<b>1234</b>1234。".encode(), tmp_path)
    assert file.media_type == text.MEDIA_TYPE
    assert file.data.decode() == "正文在此，电话138****1234。"


@pytest.mark.parametrize("between", ['" + "', "' + '", '" & "', "\".concat('", "') + `"])
def test_string_constants_in_a_page_that_a_program_joins_are_masked(
    tmp_path: Path, between: str
) -> None:
    page = f'<html><p>var who = "{NAME[:2]}{between}{NAME[2:]}";</p>'
    file, _ = masked(page.encode(), tmp_path)
    assert NAME[2:] not in file.data.decode()


def test_values_of_form_fields_are_masked_in_the_page_as_in_its_text(tmp_path: Path) -> None:
    page = (
        f"<html><body><p>申请人：<input value='{NAME}'>电话：<input value={PHONE}></p>"
        f"<select><option>{NAME}</select><textarea>{PERSON}</textarea></body></html>"
    )
    file, _ = masked(page.encode(), tmp_path)
    text = read(saved(tmp_path, file.data), LIMITS).text
    assert text == "申请人： **** 电话： 138****1234\n\n**** 11*************02X"
