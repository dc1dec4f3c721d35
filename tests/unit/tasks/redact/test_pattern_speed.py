"""Patterns and searches that were rewritten to take less time find what their plain forms find.

`re` skips to the characters with which a match can begin only where a pattern begins with them: the
patterns here begin with a character, and their plain forms with an assertion or a repetition.
"""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.inventory import encodings
from tasks.redact import finder, views
from tasks.redact.finders import cells, names, numbers
from tasks.redact.finders.search import matches
from tasks.redact.finders.words import KnownWords, SearchedText, WordFinder
from tasks.redact.kinds import DetectionMethod, Kind
from tasks.text.plain import GAP, HAN

# Pieces of the searched texts, the pattern, the group of it that counts, and the plain form.
_PIECES = {
    "indentation": (
        f"a|\n|   |\n{' ' * 200}a|\n{' ' * 201}a|<",
        views._INDENT,
        1,
        r"(?<=\n)([ ]{3,200})(?=[^\s<])",
    ),
    "quotation": ("a|\n|>|> |>>>>>", views._QUOTATION, 1, r"(?<=\n)((?:>[ ]?){1,9})(?=[^\s>])"),
    "constants": (
        "a|'|\"|`|)| |+|&|.concat(|\n",
        views._CONSTANTS,
        0,
        r"[\"'`]\)?+\s*+(?:[+&]|\.concat\()\s*+[\"'`]|[\"']\s++[\"']",
    ),
    "brackets": (
        "李|一|(|)|a|(某)",
        views._BRACKETS,
        0,
        rf"(?<=[{HAN}])\((?=[{HAN}]\)[{HAN}])(?![一二三四五六七八九十])"
        rf"|(?<=[{HAN}]\([{HAN}])\)(?=[{HAN}])(?<![一二三四五六七八九十]\))",
    ),
    "ends of lines": (
        "a|1|。|\n|-|李",
        finder._LINE_END,
        0,
        r"(?<=[0-9A-Za-z@._\-\u4e00-\u9fff])\n{1,2}(?=[0-9A-Za-z@._\-])",
    ),
    "one character in each cell": (
        '1|a|\t|,|[|]|"|李|\n|12',
        cells._RUN,
        0,
        rf"(?<![0-9A-Za-z])(?P<run>[0-9A-Za-z](?P<gap>{cells._BETWEEN})"
        r"[0-9A-Za-z](?:(?P=gap)[0-9A-Za-z])+)(?!(?P=gap)?[0-9A-Za-z])",
    ),
    "dotted cards": (
        "6222|.|/|1|a|李",
        numbers._DOTTED_CARD,
        0,
        r"(?<![\dA-Za-z])(?<!\d[.·])\d{4}([.·_/~])\d{4}\1\d{4}\1\d{4}(?:\1\d{1,3})?"
        r"(?![\dA-Za-z]|[.·]\d)",
    ),
    "Base64": (
        "a|b" + "c" * 25 + "|\n|\r\n| |=|李|" + "d" * 24,
        encodings._BASE64,
        0,
        r"(?:[A-Za-z0-9+/_-]{25,}+(?:\r?\n[ \t]*+| ))*[A-Za-z0-9+/_-]{2,}+={0,2}",
    ),
    "hexadecimal": ("a|0|" + "1" * 11 + "|g|李", encodings._HEX, 0, r"(?:[0-9A-Fa-f]{2}){6,}+"),
}


def texts_of(pieces: str) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(pieces.split("|")), max_size=25).map("".join)


@pytest.mark.parametrize("name", _PIECES)
@given(data=st.data())
def test_a_pattern_finds_what_its_plain_form_finds(name: str, data: st.DataObject) -> None:
    pieces, pattern, group, plain = _PIECES[name]
    text = data.draw(texts_of(pieces))
    found = [match.span(group) for match in pattern.finditer(text)]
    assert found == [match.span(group) for match in re.finditer(plain, text)]


@given(
    texts_of(
        "%41|%u4e2d|&#65;|&lt;|\\u4e2d|\\344\\270|=E4|=\n|_x0031_|xn--fiq|Xn--a|a| |%|&|\\|\\5f20"
        "|\\66|\\A9|\\f"
    )
)
def test_escapes_are_those_of_the_whole_pattern(text: str) -> None:
    found = matches(views._ESCAPE_BEGIN, views._ESCAPES, text)
    assert [one.span() for one in found] == [one.span() for one in views._ESCAPES.finditer(text)]


@given(texts_of("姓名|姓 名|:|李四|申请人|当|事|法|人| |被告人|联系人|证"))
def test_labels_begin_with_two_known_characters(text: str) -> None:
    for pattern in (names._LABELLED, names._UNMARKED_LABEL):
        found = [one.span() for one in matches(names._LABEL_BEGIN, pattern, text)]
        assert found == [one.span() for one in pattern.finditer(text)]


@given(
    texts_of("6222021234567894|6222021234567894 7|62220212|3456|7|110105|-|\n| |\t|A|李|.|卡号:")
)
def test_cards_are_looked_for_in_every_length(text: str) -> None:
    plain = {
        match.span(1)
        for more in range(11, 19)
        for match in re.finditer(
            rf"(?<![\dA-Za-z])(?<!\d\.)(?=([1-9](?:{GAP}\d){{{more}}})(?![\dA-Za-z]))", text
        )
    }
    found = {
        match.span(1)
        for place in numbers._CARD_BEGIN.finditer(text)
        for match in numbers._cards_at(text, place.start())
    }
    assert found == plain


@given(texts_of("91110108MA01A1B2C3|91|110108|MA0|-|\n| |李|a"))
def test_credit_codes_begin_where_the_pattern_matches(text: str) -> None:
    found = [one.span(1) for one in matches(numbers._CREDIT_BEGIN, numbers._CREDIT, text)]
    shape = numbers._CREDIT_SHAPE
    wanted = [
        one.span(1)
        for one in numbers._CREDIT.finditer(text)
        if shape.fullmatch(re.sub(r"[ \n\-]", "", one[1]).upper())
    ]
    assert set(wanted) <= set(found)


@given(st.text("ab１，。：張张\u200b①é \n", min_size=1, max_size=40), st.integers(1, 200))
def test_a_long_text_has_the_forms_of_each_character(text: str, times: int) -> None:
    for forms in (views._SEARCHED, views._READABLE):
        assert forms.of(text * times) == (text * times).translate(forms)


@pytest.mark.parametrize("more", ["", "".join(map(chr, range(0xFF01, 0xFF5F)))])
def test_few_and_many_characters_with_another_form_are_replaced(more: str) -> None:
    text = f"档案，張{more}" * 1_000
    assert views._SEARCHED.of(text) == text.translate(views._SEARCHED)


@given(texts_of(f"档|案|1|aZ|*|.|,|:|/|@|{chr(0x5F35)}|(|)| |-|\n|档(案)档|_x0031_|%41"))
def test_a_word_has_the_views_of_the_whole_way(text: str) -> None:
    """A character that is in no word makes the whole way necessary."""
    text = text if views._WORD.fullmatch(text) else ""
    whole, words = list(views.views(f"{text}!")), list(views.views(text))
    assert {f"{word.text}!" for word in words} == {view.text for view in whole}
    assert not text or words[0].span(0, len(text)) == (0, len(text))


@given(
    st.dictionaries(
        st.sampled_from((Kind.name, Kind.term, Kind.address)),
        st.lists(st.text("甲乙丙a ", min_size=1, max_size=4), max_size=4),
    ),
    st.text("甲乙丙a\n ", max_size=30),
)
def test_all_words_are_found_as_the_words_of_each_kind(
    words: dict[Kind, list[str]], text: str
) -> None:
    def found(kinds: dict[Kind, list[str]]) -> set[tuple[Kind, int, int]]:
        known = [KnownWords(kind, DetectionMethod.term, listed) for kind, listed in kinds.items()]
        searched = SearchedText(text)
        return {(one.kind, one.start, one.end) for one in WordFinder(known).find(searched)}

    each = [found({kind: listed}) for kind, listed in words.items()]
    assert found(words) == set().union(*each)
