from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.document import Document
from tasks.text.quotes import Match, QuoteFinder, normal_form
from tests.unit.tasks.documents import MIXED, document, documents


def test_words_in_the_source_are_found_exactly_with_their_page() -> None:
    source = document("First page.", "The fee is 45 euros.", page_of=(1, 2))
    quote = QuoteFinder(source).find("fee is 45 euros")
    assert (quote.text, quote.match, quote.page) == ("fee is 45 euros", Match.exact, 2)
    assert source.text[quote.start : quote.end] == quote.text


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("国办发〔２０２４〕５号", "国办发[2024]5号"),
        ("今年 3 月\n5 日起，实行", "今年3月5日起,实行"),
        ("The  Tax\nOffice", "the tax office"),
        ("so-called “one-stop” service", 'so‑called "one—stop" service'),
        ("关于印发《管理办法》的通知。", "关于印发〈管理办法〉的通知．"),
        ("资金——包括补助", "资金—包括补助"),
        ("a soft\u00adhyphen and\u200b zero width", "a softhyphen and zero width"),
        ("cafe\u0301 and ﬁne", "café and fine"),
    ],
)
def test_words_in_another_form_are_found_after_normalisation(source: str, words: str) -> None:
    quote = QuoteFinder(document("前言。", f"（{source}）完")).find(words)
    assert quote.match is Match.normalized
    assert quote.text == source


@pytest.mark.parametrize("words", ["fee is 54 euros", "nowhere", "", " ", "，", "now here x"])
def test_words_missing_in_the_source_are_not_found(words: str) -> None:
    quote = QuoteFinder(document("The fee is 45 euros. now here")).find(words)
    assert (quote.match, quote.start, quote.end, quote.page) == (Match.none, None, None, None)


def test_spaces_between_latin_words_count() -> None:
    assert QuoteFinder(document("It is now here.")).find("It is nowhere").match is Match.none


def test_a_match_inside_the_range_is_preferred() -> None:
    source = document("Fee: 45 euros.", "Fee: 45 euros.")
    assert QuoteFinder(source).find("Fee: 45 euros", 16, 30).start == 16
    assert QuoteFinder(source).find("fee: 45 EUROS", 16, 30).start == 16


def test_a_match_outside_the_range_is_found() -> None:
    source = document("Fee: 45 euros.", "Nothing here.")
    assert QuoteFinder(source).find("Fee: 45 euros", 16, 29).start == 0


def test_part_of_a_character_is_not_found() -> None:
    assert QuoteFinder(document("x ½ y")).find("1").match is Match.none


@given(source=documents(), data=st.data())
def test_a_match_has_the_same_normal_form_as_the_quotation(
    source: Document, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(source.text)))
    words = source.text[start : start + data.draw(st.integers(0, 40))]
    changed = unicodedata.normalize("NFKC", words).upper().replace("—", "-")
    for looked_for in (words, changed, data.draw(MIXED)):
        quote = QuoteFinder(source).find(looked_for)
        if quote.match is not Match.none:
            assert source.text[quote.start : quote.end] == quote.text
            assert normal_form(quote.text) == normal_form(looked_for)
    if words.strip():
        assert QuoteFinder(source).find(words).match is Match.exact


@given(words=st.text(st.sampled_from("政府办公室abc 12。，-"), min_size=2, max_size=30))
def test_words_are_found_across_chunks(words: str) -> None:
    form = normal_form(words)
    source = document("县区—人民 政府，x y。" * 300 + words + "县区—人民 政府，x y。" * 300)
    quote = QuoteFinder(source).find(words.upper())
    assert quote.match is not Match.none or not form
    if form:
        assert normal_form(quote.text) == form


def test_a_long_text_and_many_quotes_take_seconds_not_minutes() -> None:
    paragraph = "各县（区）人民政府，市政府各部门：为进一步加强 2024 年度管理工作，现通知如下。"
    source = document(*(f"{number}{paragraph}" for number in range(22_000)))
    finder, started = QuoteFinder(source), time.process_time()
    for number in range(0, 22_000, 100):
        assert finder.find(f"{number}各县(区)人民政府,市政府各部门:").match is Match.normalized
        assert finder.find(f"没有这句话 {number} 号").match is Match.none
    assert time.process_time() - started < 10
