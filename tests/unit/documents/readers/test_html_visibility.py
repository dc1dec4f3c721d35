from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest

from documents.document import BlockKind
from documents.read import read
from standin.documents.builders import LIMITS, saved

SHOWN = "公开"


def lines(tmp_path: Path, markup: str) -> list[str]:
    document = read(saved(tmp_path, f"<html>{markup}<p>{SHOWN}</p>".encode()), LIMITS)
    return document.text.split("\n\n")


@pytest.mark.parametrize(
    ("style", "element"),
    [
        (".x { display: none }", "<p class='a x'>no</p>"),
        ("#x{display:none!important}", "<p id=x style='display:block'>no</p>"),
        ("aside{visibility:hidden}", "<aside><p>no</p></aside>"),
        ("p.x > i, p.x b {display:none}", "<p class=x><i>no</i><u><b>no</b></u></p>"),
        ("i + b {display:none}", "<p><i></i> <b>no</b></p>"),
        ("p[data-x='1']{display:none}", "<p data-x=1>no</p>"),
        (".md\\:x{display:none}", "<p class='md:x'>no</p>"),
        ("@media screen{ .x{display:none} }", "<p class=x>no</p>"),
        ("@font-face{src:url(x)} /* } */ .x{display:none}", "<p class=x>no</p>"),
        (".x{content:'}';display:none}", "<p class=x>no</p>"),
        (".x{display:none} p{display:block}", "<p class=x>no</p>"),
        (".x{opacity:0}", "<p class=x>no</p>"),
        (".x{font-size:0}", "<p class=x>no<b style='font-size:2em'>no</b></p>"),
        (".x{position:absolute;left:-9999px}", "<p class=x>no</p>"),
        (".x{position:absolute;clip:rect(0, 0, 0, 0)}", "<p class=x>no</p>"),
        (".x{text-indent:-9999px}", "<p class=x>no</p>"),
        (".x{height:0;overflow:hidden}", "<p class=x>no</p>"),
        ("", "<p hidden>no</p>"),
        ("", "<p style='visibility: hidden'>no</p>"),
        ("", "<dialog>no</dialog>"),
        (".x{display:none}", "<table><tr class=x><td>no<td>no<tr><td>a<td>b<tr><td>c<td>d</table>"),
    ],
)
def test_what_a_style_hides_is_not_in_the_text_but_is_hidden_content(
    tmp_path: Path, style: str, element: str
) -> None:
    assert "no" not in "".join(lines(tmp_path, f"<style>{style}</style>{element}"))
    path = saved(tmp_path, f"<html><style>{style}</style>{element}<p>{SHOWN}</p>".encode())
    blocks = read(path, replace(LIMITS, hidden=True)).blocks
    assert [block.kind for block in blocks if block.kind is BlockKind.hidden]


@pytest.mark.parametrize(
    ("style", "element"),
    [
        ("@media print { .x { display: none } }", "<p class=x>yes</p>"),
        ("@media (max-width: 600px) { .x { display: none } }", "<p class=x>yes</p>"),
        (".x:hover, .x ~ p {display:none}", "<p class=x>yes</p>"),
        (".x{display:none} .x.on{display:block}", "<p class='on x'>yes</p>"),
        (".x{display:none}", "<p class=x style='display:inline'>yes</p>"),
        (".x{visibility:hidden}", "<div class=x><p style='visibility:visible'>yes</p></div>"),
        (".x{font-size:0}", "<div class=x><p style='font-size:12px'>yes</p></div>"),
        ("p i{display:none} }", "<i>yes</i>"),
        (".a > .x{display:none}", "<div class=a><div><p class=x>yes</p></div></div>"),
        (".x{display:flex}", "<p class=x hidden>yes</p>"),
        (".x{position:relative;left:-20px;opacity:.5}", "<p class=x>yes</p>"),
        ("", "<details><summary>yes</summary>more</details>"),
        ("", "<dialog open>yes</dialog>"),
    ],
)
def test_what_no_style_hides_is_shown(tmp_path: Path, style: str, element: str) -> None:
    assert "yes" in lines(tmp_path, f"<style>{style}</style>{element}")


def test_many_rules_for_many_elements_take_bounded_time_and_are_named(tmp_path: Path) -> None:
    rules = "".join(f"i b .x{at % 3} {{display:none}}" for at in range(3_000))
    page = "<b>" * 300 + "<p class='x0 x1 x2'>text" * 200
    began = time.process_time()
    markup = f"<html><style>{rules}</style>{page}".encode()
    document = read(saved(tmp_path, markup), LIMITS)
    assert time.process_time() - began < 4
    assert "style sheet" in {one.what for one in document.unread}
