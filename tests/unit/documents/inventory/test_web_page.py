from __future__ import annotations

import base64
from pathlib import Path
from urllib.parse import quote

import pytest

from documents.readers import html, markdown, text
from tests.unit.documents.inventory.places import NAME, entries_of, texts_of, unread_of

ESCAPED = "".join(f"\\u{ord(char):04x}" for char in NAME)
STYLED = "".join(f"\\{ord(char):x} " for char in NAME)
PICTURE = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"\x00" * 40).decode()
PLACES = {
    "text": f"<p>{NAME}</p>",
    "split text": f"<p>{NAME[0]}<b>{NAME[1]}</b><!-- -->{NAME[2:]}</p>",
    "hidden text": f"<p style='display:none'>{NAME[0]}<i>{NAME[1:]}</i></p>",
    "the title": f"<title>{NAME}</title>",
    "a comment": f"<!-- {NAME} -->",
    "a script": f"<script>let a = '{ESCAPED}'</script>",
    "a script that joins texts": f"<script>a('{NAME[0]}' + \"{NAME[1:]}\")</script>",
    "a script that joins a list": f"<script>['{NAME[0]}', '{NAME[1:]}'].join('')</script>",
    "a script that joins escapes": f"<script>a('{ESCAPED[:6]}'+'{ESCAPED[6:]}')</script>",
    "an event that joins texts": f"<p onclick=\"a('{NAME[0]}'+'{NAME[1:]}')\">",
    "a style": f"<style>p::after {{ content: '{STYLED}' }}</style>",
    "a style that joins texts": f"<style>p::after {{ content: '{NAME[0]}' '{NAME[1:]}' }}</style>",
    "a link as JavaScript escapes it": "<a href='/?q="
    + "".join(f"%u{ord(one):04x}" for one in NAME)
    + "'>a</a>",
    "a page in a data URI": "<iframe src='data:text/html,"
    + quote("".join(f"<b>{one}</b>" for one in NAME))
    + "'></iframe>",
    "a template": f"<template>{NAME}</template>",
    "an option": f"<select><option>{NAME}</select>",
    "a page in an attribute": f"<iframe srcdoc='&lt;b&gt;{NAME[0]}&lt;/b&gt;{NAME[1:]}'></iframe>",
    "a page in an attribute, encoded again": "<iframe srcdoc='&amp;lt;b&amp;gt;"
    + f"{NAME[0]}&amp;lt;/b&amp;gt;{NAME[1:]}'></iframe>",
    "a page in a page in an attribute": "<iframe srcdoc='&lt;iframe srcdoc=&quot;&amp;lt;b&amp;gt;"
    + f"{NAME[0]}&amp;lt;/b&amp;gt;{NAME[1:]}&quot;&gt;'></iframe>",
    "an attribute": f"<p data-a='{NAME}'>",
    "an attribute with references": f"<p title='{''.join(f'&#{ord(one)};' for one in NAME)}'>",
    "a link": f"<a href='/?q={quote(NAME)}'>a</a>",
    "a link in GBK": f"<a href='/?q={quote(NAME.encode('gbk'))}'>a</a>",
    "a data URI": f"<a href='data:text/plain;base64,{base64.b64encode(NAME.encode()).decode()}'>",
    "a second attribute of one name": f"<p id=a id='{NAME}'>",
    "an attribute of an end tag": f"<p></p title='{NAME}'>",
    "after the end": f"</body></html><p>{NAME}",
    "the document type": f"<!DOCTYPE html SYSTEM '{NAME}'>",
    "a tag's name": f"<x-{NAME}>",
}


@pytest.mark.parametrize("place", PLACES)
def test_a_name_in_a_page_is_found(tmp_path: Path, place: str) -> None:
    data = f"<!doctype html><meta charset=utf-8>{PLACES[place]}<p>Text.".encode()
    entries = entries_of(tmp_path, data, html.MEDIA_TYPE)
    assert NAME in texts_of(entries)
    assert unread_of(entries) == []


def test_a_page_in_gbk_is_decoded(tmp_path: Path) -> None:
    data = f"<html><meta charset=gb2312><p title='{NAME}'>Text.".encode("gbk")
    assert NAME in texts_of(entries_of(tmp_path, data, html.MEDIA_TYPE))


def test_a_picture_in_a_page_is_unread(tmp_path: Path) -> None:
    data = f"<html><p>Text.<img src='data:image/png;base64,{PICTURE}'>".encode()
    (found,) = unread_of(entries_of(tmp_path, data, html.MEDIA_TYPE))
    assert found[0] == "picture"


MADE_TEXTS = {
    "a template string": "let a = '138'; b.innerText = `${a}12341234`",
    "octal digits": r"b.innerText = '\61\63\70'",
    "codes": "b.innerText = String.fromCharCode(0x31,0x33,0x38)",
    "reversed": "b.innerText = [...'43214321831'].reverse().join('')",
    "a replacement": "b.innerText = '138x1234'.replace('x', '1234')",
    "Base64": "b.innerText = atob(a)",
    "escapes": "b.innerText = unescape('%31')",
    "variables": "var a = '138', c = '12341234'; b.innerText = a + c",
    "a variable and a text": "b.innerText = a + '1234'",
    "an assignment that adds": "var a = '138'; a += '12341234'",
    "a list of variables": "b.innerText = [a, c].join('')",
    "a name of a property": "window['at' + 'ob']('MTM4')",
    "a part of a text": "b.innerText = '9138123412349'.substring(1, 12)",
    "after what looks like a comment": "b.title = 'a//b'; c = \"/*\"; b.innerText = atob(a)",
    "variables with parts of a number": "let a = '138', c = '12341234'; d.write(a); d.write(c)",
    "VBScript": "document.body.innerText = StrReverse(a)",
}
OTHER_PROGRAMS = {
    "constants that are joined": "b.innerText = '关于' + \"城市供水\".concat('的通知')",
    "a list of constants": "b.innerText = ['关于', '通知'].join('')",
    "properties": "document.getElementById('menu').style.display = 'none'; // a + 'b'",
    "a counter": "for (var i = 0; i < 10; i++) { total = total + width; } /* 'a' + b */",
    "statistics": (
        "var _hmt = _hmt || []; (function() { var hm = document.createElement('script');"
        "hm.src = 'https://hm.example.cn/hm.js?0123456789abcdef';"
        "var s = document.getElementsByTagName('script')[0];"
        "s.parentNode.insertBefore(hm, s); })();"
    ),
    "another page": "window.location.replace('/index.html')",
    "markup": (
        "document.write('<div class=\"a1\">'); document.write('2026年'); document.write('</div>')"
    ),
    "numbers that count up": "a.value = '8'; a.value = '9'; a.value = '10'; a.value = '11';"
    "b.value = '12'; b.value = '13'; c.value = '14';",
    "figures": "a.textContent = '1500'; b.textContent = '2300'; c.textContent = '410'",
    "an event": "document.addEventListener('click', function (e) { e.preventDefault(); });",
}


def page_of(body: str) -> bytes:
    return f"<!doctype html><meta charset=utf-8><p>正文。</p>{body}".encode()


@pytest.mark.parametrize("program", MADE_TEXTS)
def test_a_program_that_makes_texts_is_named(tmp_path: Path, program: str) -> None:
    script = MADE_TEXTS[program]
    handler = script.replace("&", "&amp;").replace('"', "&quot;")
    for body, where in (
        (f"<script>{script}</script>", "script"),
        (f'<a onclick="{handler}">a</a>', "onclick of a"),
        (f'<a href="javascript:{handler}">a</a>', "href of a"),
    ):
        named = unread_of(entries_of(tmp_path, page_of(body), html.MEDIA_TYPE))
        assert named == [("text that a program puts together", where)]


@pytest.mark.parametrize("program", OTHER_PROGRAMS)
def test_another_program_is_not_named(tmp_path: Path, program: str) -> None:
    body = f"<script>{OTHER_PROGRAMS[program]}</script>"
    assert unread_of(entries_of(tmp_path, page_of(body), html.MEDIA_TYPE)) == []


@pytest.mark.parametrize(
    "markup",
    [
        '<script type=\'application/ld+json\'>{"name": "a" , "b": "${c}"}</script>',
        '<script type=importmap>{"imports": {"a": "/a.reverse()"}}</script>',
        "<p onclick='window.print()' onload='show(1)'>a</p><a href='javascript:void(0)'>a</a>",
    ],
)
def test_data_and_ordinary_events_are_no_programs_that_make_texts(
    tmp_path: Path, markup: str
) -> None:
    assert unread_of(entries_of(tmp_path, page_of(markup), html.MEDIA_TYPE)) == []


@pytest.mark.parametrize("media_type", [markdown.MEDIA_TYPE, text.MEDIA_TYPE])
def test_a_program_in_a_text_is_named(tmp_path: Path, media_type: str) -> None:
    for script, count in ((MADE_TEXTS["reversed"], 1), (OTHER_PROGRAMS["an event"], 0)):
        data = f"# 通知\n\n<script>{script}</script>\n".encode()
        assert len(unread_of(entries_of(tmp_path, data, media_type))) == count


def test_a_program_in_a_page_in_an_attribute_is_named(tmp_path: Path) -> None:
    body = "<iframe srcdoc='&lt;script&gt;a = atob(b)&lt;/script&gt;'></iframe>"
    (named,) = unread_of(entries_of(tmp_path, page_of(body), html.MEDIA_TYPE))
    assert named[1] == "srcdoc of iframe"


BACKWARDS = NAME[::-1]
ORDERS = {
    "a rule": "<style>.a{unicode-bidi:bidi-override;direction:rtl}</style>"
    f"<p class=a>{BACKWARDS}",
    "a rule for print": "<style>@media print{b{unicode-bidi : bidi-override}}</style>"
    f"<div style='direction:rtl'><b>{BACKWARDS}</b></div>",
    "an inherited direction": f"<div dir=rtl><bdo>{BACKWARDS}</bdo></div>",
    "a mirror": f"<style>p:nth-child(2) i{{transform:scaleX(-1)}}</style><p><i>{BACKWARDS}</i></p>",
    "a mirror in an element": f"<p style='display:inline-block;transform:scale(-1, 1)'>{BACKWARDS}",
    "a mirror of a state": f"<style>p:hover{{rotate: y 180deg}}</style><p>{BACKWARDS}",
    "items": "<style>#a{display:flex;flex-direction:row-reverse}</style>"
    f"<p id=a><b>{NAME[2]}</b><b>{NAME[1]}</b><b>{NAME[0]}</b></p>",
    "columns": f"<p style='flex-flow: row-reverse wrap'><b>{NAME[1:]}</b><b>{NAME[0]}</b></p>",
    "cells": f"<table dir=rtl><tr dir=rtl><td>{NAME[1:]}</td><td>{NAME[0]}</td></table>",
    "floats": f"<style>p b{{float:right}}</style><p><b>{NAME[1:]}</b><b>{NAME[0]}</b></p>",
}


@pytest.mark.parametrize("order", ORDERS)
def test_text_in_the_order_of_a_style_is_read(tmp_path: Path, order: str) -> None:
    entries = entries_of(tmp_path, page_of(ORDERS[order]), html.MEDIA_TYPE)
    assert any(NAME in entry.text for entry in entries)
    assert unread_of(entries) == []


@pytest.mark.parametrize("value", [NAME, "zhang@tax.example"])
@pytest.mark.parametrize(
    "written",
    [
        "<script>document.write('{}'); document.write(\"<b>{}\")</script>",
        "<script>document.write('{}')</script><p>a</p><script>document.write('{}')</script>",
        "<script>a.append('{}'); b.insertAdjacentText('beforeend', '{}')</script>",
        "<script>c.fillText('{}', 0, 0); c.fillText('{}', 9, 0)</script>",
        "<meta name=keywords content='{},{}'>",
        "<script>a.textContent = '{}'; b.textContent = '{}'</script>",
    ],
)
def test_texts_that_calls_write_one_after_the_other_are_one(
    tmp_path: Path, written: str, value: str
) -> None:
    half = len(value) // 2
    body = written.format(value[:half], value[half:])
    assert value in texts_of(entries_of(tmp_path, page_of(body), html.MEDIA_TYPE))


PLACED = {
    "position": "<p><b style='position: absolute; left: 9em'>12341234</b>"
    "<i style='position:absolute'>138</i>",
    "a rule": "<style>.a{order:2}.b{order:1}</style><p><b class=a>12341234</b><b class=b>138</b>",
    "a grid": "<style>i{grid-column:1}</style><p><b>1234</b> <i>138</i> <b>1234</b>",
    "a margin": "<p><b style='margin-left: 5em'>12341234</b><i style='margin-left:-9em'>138</i>",
    "a shift": "<p><b>12341234</b><i style='transform:translate(-9em)'><u>138</u></i>",
    "a digit in each": "<style>b{position:absolute}</style><p>"
    + "".join(f"<b style='left:{at}em'>{digit}</b>" for at, digit in enumerate("43214321831")),
    "a drawing": "<svg><text><tspan x=50>12341234</tspan><tspan x=0>138</tspan></text></svg>",
    "an identity number": "<p>"
    + "".join(
        f"<b style='order:{at}'>{part}</b>"
        for at, part in ((3, "002X"), (1, "110105"), (2, "19491231"))
    ),
}
COUNTED = {
    "texts of two rules": "<style>p::before{content:'138'}p::after{content:'12341234'}</style>",
    "texts of variables": "<style>p{--b:'12341234';--a:'138'}"
    "p::before{content:var(--a) var(--b)}</style>",
    "two counters": "<style>p{counter-reset:a 138 b 12341234}"
    "p::after{content:counter(a) counter(b)}</style>",
    "a counter and a text": "<style>p::after{content:counter(a) '12341234'}</style>"
    "<p style='counter-set: a 138'>",
    "short counters": "<style>p{counter-reset:a 13 b 81 c 23 d 41 e 23 f 4}p::after{"
    "content:counters(a,'') counter(b) counter(c) counter(d) counter(e) counter(f)}</style>",
}


@pytest.mark.parametrize("placed", PLACED)
def test_parts_of_a_number_in_places_of_their_own_are_named(tmp_path: Path, placed: str) -> None:
    named = unread_of(entries_of(tmp_path, page_of(PLACED[placed]), html.MEDIA_TYPE))
    assert {reason for reason, _ in named} == {
        "text whose characters a style puts in another order"
    }


@pytest.mark.parametrize("counted", COUNTED)
def test_long_numbers_of_counters_are_named(tmp_path: Path, counted: str) -> None:
    named = unread_of(entries_of(tmp_path, page_of(COUNTED[counted]), html.MEDIA_TYPE))
    assert named == [("numbers that a style puts together", "style")]


@pytest.mark.parametrize(
    "body",
    [
        "<style>.m{position:absolute}.m b{order:2}</style><div><p class=m>2026<p class=m>通知"
        "<p class=m>13812</div>",
        "<style>a{position:relative}</style><p>"
        + "".join(f"<a>{page}</a>" for page in range(1, 11)),
        "<style>li{order:1}</style><ul><li>1500<li>2300<li>410</ul>",
        "<style>body{counter-reset:h 0 fig 12}h2{counter-increment:h 1}"
        "h2::before{content:counter(h) '、'}</style><h2>总则</h2>",
    ],
)
def test_an_ordinary_style_is_not_named(tmp_path: Path, body: str) -> None:
    assert unread_of(entries_of(tmp_path, page_of(body), html.MEDIA_TYPE)) == []


def test_a_style_that_may_order_too_much_is_named(tmp_path: Path) -> None:
    body = "<style>*{unicode-bidi:bidi-override}</style>" + "<b>正文" * 500 + "</b>" * 500
    named = unread_of(entries_of(tmp_path, page_of(body * 2), html.MEDIA_TYPE))
    assert {reason for reason, _ in named} == {
        "text whose characters a style puts in another order"
    }
