from __future__ import annotations

import base64
from pathlib import Path
from urllib.parse import quote

import pytest

from documents.readers import html
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
