"""Personal data is found in every form in which a file can store what a reader sees."""

from __future__ import annotations

import html
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.redact.finder import RULES, Finder, Targets
from tasks.redact.finders.names import labelled_names
from tasks.redact.kinds import Kind
from tasks.redact.masker import Masker, Style
from tasks.redact.views import readable, views

PHONE, PERSON, CARD = "13812341234", "11010519491231002X", "6222021234567894"
NAME, RARE, LATIN = "张某某", "李\U00020bb7明", "Alexandrowicz"
FINDER = Finder(Targets(frozenset(RULES), [NAME, RARE, LATIN]))
EVERYTHING = [PHONE, PERSON, CARD, NAME, RARE, LATIN]


def found(text: str) -> list[str]:
    return [text[one.start : one.end] for one in FINDER.find(text)]


@pytest.mark.parametrize("value", EVERYTHING)
@pytest.mark.parametrize("gap", [" ", "  ", "\u00a0" * 5, "\n", "\n\n", "\r\n", "\u3000"])
def test_spaced_and_vertical_text_is_found(value: str, gap: str) -> None:
    written = gap.join(value)
    assert found(f"经办：\n{written}。") == [written]


@pytest.mark.parametrize("value", EVERYTHING)
@pytest.mark.parametrize(
    "mark",
    [
        "\u200b",
        "\u200d",
        "\ufeff",
        "\u2060",
        "\u00ad",
        "\u202e",
        "\u2066",
        "\ufe00",
        "\x07",
        "\u115f",
        "\ufffc",
        "\u2800",
        "\u3164",
        "\ufe0f\u20e3",
        "\ufffd",
    ],
)
def test_invisible_characters_hide_nothing(value: str, mark: str) -> None:
    written = mark.join(value)
    assert found(f"经办：{written}。") == [written]


@pytest.mark.parametrize("value", EVERYTHING)
@pytest.mark.parametrize("end", ["\u202c", "\n", ""])
def test_text_that_is_shown_backwards_is_found(value: str, end: str) -> None:
    written = f"\u202e{value[::-1]}"
    assert found(f"经办：{written}{end}") == [written + end.strip("\n")]
    assert found(f"经办：\u202e{value}{end}") != []


@pytest.mark.parametrize("value", EVERYTHING)
@pytest.mark.parametrize(
    "encode",
    [
        quote,
        lambda text: quote(quote(text)),
        lambda text: "".join(f"%{byte:02x}" for byte in text.encode("gb18030")),
        lambda text: "".join(f"&#{ord(char)};" for char in text),
        lambda text: "".join(f"&#x{ord(char):X};" for char in text),
        lambda text: html.escape(f"&#{ord(text[0])};") + text[1:],
        lambda text: "".join(f"\\u{unit.hex()}" for unit in units(text)),
        lambda text: "".join(f"%u{unit.hex()}" for unit in units(text)),
        lambda text: "".join(f"\\{ord(char):x}" for char in text),
        lambda text: "".join(f"\\u{{{ord(char):x}}}" for char in text),
        lambda text: "".join(f"\\U{ord(char):08X}" for char in text),
        lambda text: "".join(f"\\x{byte:02X}" for byte in text.encode()),
        lambda text: "".join(f"\\x{byte:02x}" for byte in text.encode("gb18030")),
        lambda text: "".join(f"\\'{byte:02x}" for byte in text.encode("gb18030")),
        lambda text: repr(text.encode())[2:-1],
    ],
)
def test_escapes_are_decoded(value: str, encode) -> None:  # type: ignore[no-untyped-def]
    written = encode(value)
    assert found(f"经办：（{written}）。") == [written]


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("13812341234.0", "13812341234"),
        ("1.3812341234E10", "1.3812341234E10"),
        ("1.3812341234e+10", "1.3812341234e+10"),
        ("1.38123412E10", "1.38123412E10"),
        ("6222021234567894.0", "6222021234567894"),
        ("6.222021234567894E15", "6.222021234567894E15"),
    ],
)
def test_whole_numbers_that_programs_write_as_decimals_are_found(written: str, number: str) -> None:
    assert found(f"李明,{written},办公室\n") == [number]


def test_whole_numbers_in_both_forms_are_found_in_one_text() -> None:
    written = ["1.3812341234E10", "13812341234.0", "1.38123412E10"]
    assert found(", ".join(written)) == [written[0], "13812341234", written[2]]


@pytest.mark.parametrize(
    "figure",
    ["13812341234.00", "13812341234.05", "1.38E10", "1.381234E10", "6.22202123E15",
     "1.3812341234E9", "1.3812341234E-10", "1.3812341234E100",
     "21.3812341234E10", "13812341234.0.1"],
)  # fmt: skip
def test_figures_with_decimals_are_no_numbers_of_persons(figure: str) -> None:
    assert found(f"数值 {figure} 单位") == []


@pytest.mark.parametrize("written", ["张(某)某", "张（某）某"])
def test_a_character_in_brackets_is_part_of_a_term(written: str) -> None:
    assert found(f"经办{written}等") == [written]


@pytest.mark.parametrize("written", ["张(某某)", "张某(某)", "张(a)某某", "张(某", "张(某)\n某"])
def test_other_brackets_divide(written: str) -> None:
    assert found(written) == []


def test_numbers_of_items_stay_in_brackets() -> None:
    assert [view.text for view in views("第(三)项")] == ["第(三)项"]


def units(text: str) -> list[bytes]:
    data = text.encode("utf-16-be")
    return [data[at : at + 2] for at in range(0, len(data), 2)]


@pytest.mark.parametrize(
    ("term", "written"),
    [
        ("马立人", "⻢⽴⼈"),
        ("长青", "⻓⻘"),
        ("金明", "\uf90a明"),
        ("株式(株)", "株式㈱"),
        ("Schiffer", "Schi\ufb00er"),
        ("José", "Jose\u0301"),
        ("Jose\u0301", "JOSÉ"),
        ("ACME", "ＡＣＭＥ"),
        ("ACME", "𝐀𝐂𝐌𝐄"),
        (LATIN, "Alexan-\ndrowicz"),
        (LATIN, "Alexan-\r\n\r\ndrowicz"),
        (LATIN, "Alexan\u00ad\ndrowicz"),
        (LATIN, "Alexan \ndrowicz"),
        ("李\U00020bb7明", "李\U00020bb7\n明"),
    ],
)
def test_what_looks_the_same_is_the_same(term: str, written: str) -> None:
    text = f"前{written}后"
    (one,) = Finder(Targets(frozenset(), [term])).find(text)
    assert text[one.start : one.end] == written


@pytest.mark.parametrize("written", ["13812-\n341234", "1381234\n\n1234", "138 1234\r\n1234"])
def test_numbers_are_found_over_a_line_end(written: str) -> None:
    assert found(f"电话：{written}。") == [written]


@pytest.mark.parametrize("name", ["李\U00020bb7", "\U00020bb7某某", "刘〇", "王\ue863明"])
def test_names_with_rare_characters_are_found_after_a_label(name: str) -> None:
    assert [one.end - one.start for one in labelled_names(f"姓名:{name},男")] == [len(name)]


@pytest.mark.parametrize("text", ["第 1 2 条", "1\n2\n3\n4\n5\n6", "a b c d e", "100%25", "AT&T;"])
def test_similar_text_is_ignored(text: str) -> None:
    assert found(text) == []


def test_an_escaped_value_is_masked_as_the_value() -> None:
    masker = Masker(Targets(frozenset({Kind.mobile})), Style())
    assert masker.mask(f"tel:{quote('+86')}%31" + PHONE[1:]) == "tel:+86 138****1234"


@given(st.text(st.sampled_from("13812 341-\n\u200b%5&#;x张ﬁé\u0301\r甲a⻢㈱\\u"), max_size=60))
def test_every_span_of_a_view_stands_for_text_of_the_original(text: str) -> None:
    for view in views(text):
        done = 0
        for at in range(len(view.text)):
            start, end = view.span(at, at + 1)
            assert 0 <= start < end <= len(text)
            assert done <= start
            done = start
        if view.text:
            assert view.span(0, len(view.text))[1] <= len(text)


@given(st.text(st.characters(exclude_characters="%&\\"), max_size=40))
def test_text_that_is_read_again_is_the_same(text: str) -> None:
    assert readable(readable(text)) == readable(text)


@pytest.mark.parametrize("value", EVERYTHING)
@pytest.mark.parametrize("join", ['" + "', "' +\n  '", '" & "', "`.concat(`", "' '"])
def test_string_constants_that_a_program_joins_are_one_text(value: str, join: str) -> None:
    half = len(value) // 2
    written = f"{value[:half]}{join}{value[half:]}"
    assert found(f'var a = "{written}";') == [written]


@pytest.mark.parametrize("value", EVERYTHING)
@pytest.mark.parametrize("quotation", ["> ", ">", ">> ", "> > "])
def test_text_over_lines_of_a_quotation_is_found(value: str, quotation: str) -> None:
    half = len(value) // 2
    written = f"{value[:half]}\n{quotation}{value[half:]}"
    assert found(f"{quotation}{written}\n{quotation}此致") == [written]


@pytest.mark.parametrize("value", EVERYTHING)
def test_text_in_quoted_printable_is_found(value: str) -> None:
    written = "".join(f"={byte:02X}" for byte in value.encode())
    assert found(f"N;ENCODING=QUOTED-PRINTABLE:{written}\n") == [written]
    broken = written[:9] + "=\n" + written[9:]
    assert found(f"N;ENCODING=QUOTED-PRINTABLE:{broken}\n") == [broken]


def test_texts_in_a_list_are_not_joined() -> None:
    assert found('"0371", "63507694"') == []


@pytest.mark.parametrize(
    ("term", "written"),
    [("张伟东", "張偉東"), ("張偉東", "张伟东"), ("陈国华", "陈國華"), ("刘 晓庆", "劉曉慶")],
)
def test_a_term_is_found_in_traditional_and_in_simplified_characters(
    term: str, written: str
) -> None:
    masker = Masker(Targets(frozenset(), [term]), Style())
    (change,) = masker.changes(f"经办：{written}。")
    assert (change.start, change.end) == (3, 3 + len(written))


def test_labels_in_traditional_characters_are_labels() -> None:
    assert found("身份證號碼：110105194912310021")[-1:] == ["110105194912310021"]


def test_what_a_mask_leaves_stays_in_its_characters() -> None:
    masker = Masker(Targets(frozenset([Kind.address])), Style())
    assert masker.mask("住址：廣東省廣州市天河區體育西路103號").startswith("住址：廣東省")


@pytest.mark.parametrize("value", [PHONE, NAME])
@pytest.mark.parametrize(
    "form",
    [
        lambda value: "".join(f"_x{ord(char):04X}_" for char in value),
        lambda value: "".join(f"\\{byte:03o}" for byte in value.encode()),
        lambda value: "".join(f"\\{ord(char):x} " for char in value),
    ],
)
def test_escapes_of_names_are_masked_in_their_place(value: str, form: Callable[[str], str]) -> None:
    written = form(value)
    masker = Masker(Targets(frozenset(RULES), [NAME]), Style())
    (change,) = masker.changes(f"名称 {written} 完")
    assert (change.start, change.end, change.value) == (3, 3 + len(written), value)


@pytest.mark.parametrize("mark", ["xn--", "XN--", "Xn--", "xN--", "ｘｎ－－"])
@pytest.mark.parametrize("before", ["见 ", "见", "a_", "ab", "/"])
def test_a_name_in_punycode_is_found_anywhere(mark: str, before: str) -> None:
    label = f"{mark}{NAME.encode('punycode').decode()}"
    assert found(f"{before}{label} 完") == [label]


def test_percent_encoding_in_full_width_characters_is_found() -> None:
    written = quote(NAME).translate({at: at + 0xFEE0 for at in range(0x21, 0x7F)})
    assert found(f"见 {written} 完") == [written]
    assert found("增长１０％２０２４年") == []


def test_a_name_in_punycode_is_masked() -> None:
    label = f"xn--{NAME.encode('punycode').decode()}"
    assert FINDER.find(f"见 http://www.{label}.example/a")[0].start == len("见 http://www.")


CONTACT = "BEGIN:VCARD\nVERSION:3.0\n{}\nEND:VCARD\n"


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("N:{};;;", "138;1234;1234"),
        ("item1.ADR;TYPE=home:;;{};;", "110105;19491231;002X"),
        ("NOTE:见 {}", "13812\\,341234"),
        ("CATEGORIES:{}", "13812, 341234"),
        ("ORG:{}", "张;某某"),
    ],
)
def test_the_parts_of_a_value_in_a_vcard_are_one(line: str, parts: str) -> None:
    assert found(CONTACT.format(line.format(parts))) == [parts]


@pytest.mark.parametrize(
    "line", ["NOTE:见13\\,812\\,341\\,234", "GEO:138.12;341234", "EXDATE:20260101,13812"]
)
def test_amounts_and_times_in_a_vcard_are_no_parts_of_a_value(line: str) -> None:
    assert found(CONTACT.format(line)) == []


def test_parts_outside_of_a_vcard_are_not_joined() -> None:
    assert found("NOTE:13812;341234") == []


@pytest.mark.parametrize("value", [PHONE, CARD, PERSON])
@pytest.mark.parametrize(
    "mark", ["①", "⑫", "⒈", "⑴", "❶", "➀", "⓵", "¹", "²³", "₁", "1\ufe0f\u20e3"]
)
def test_the_mark_of_an_item_or_a_note_is_no_digit_of_the_number_beside_it(
    value: str, mark: str
) -> None:
    assert value in found(f"见 {mark}{value} 完")
    if not mark.startswith("1"):  # a key has its digit first
        assert value in found(f"见 {value}{mark} 完")
        assert found(f"{mark}{value}{mark}{PHONE}") == [value, PHONE]


@pytest.mark.parametrize(
    "digits", ["⓪①②③④⑤⑥⑦⑧⑨", "⓿❶❷❸❹❺❻❼❽❾", "🄋➀➁➂➃➄➅➆➇➈", "⓪⓵⓶⓷⓸⓹⓺⓻⓼⓽", "⁰¹²³⁴⁵⁶⁷⁸⁹"]
)
def test_a_number_in_circled_or_raised_digits_is_found(digits: str) -> None:
    written = "".join(digits[int(digit)] for digit in PHONE)
    assert found(f"电话：{written}。") == [written]


@pytest.mark.parametrize("written", ["1.3812341234E10", "1.3812341234e+10", "1.38123412E+10"])
def test_a_number_in_a_power_of_ten_is_found(written: str) -> None:
    assert found(f"值 {written} 完") == [written]
    assert found(written) == [written]


@pytest.mark.parametrize(
    "written", ["1.5E10", "1.3812341234E9", "1.3812341234E12", "21.3812341234E10"]
)
def test_other_numbers_in_powers_of_ten_are_none(written: str) -> None:
    assert found(f"值 {written} 完") == []


@pytest.mark.parametrize("dot", [*"·•‧∙⋅・･．.", " ", ""])
@pytest.mark.parametrize("term", ["阿卜杜·热合曼", "阿卜杜・热合曼", "阿卜杜.热合曼"])
def test_a_name_of_several_parts_is_found_with_any_dot(term: str, dot: str) -> None:
    written = f"阿卜杜{dot}热合曼"
    finder = Finder(Targets(frozenset(), [term]))
    for text in (written, f"经办：{written}。"):
        (one,) = finder.find(text)
        assert text[one.start : one.end] == written


@pytest.mark.parametrize("written", ["阿卜杜、热合曼", "阿卜杜。热合曼", "阿卜杜1热合曼"])
def test_other_marks_divide_a_name(written: str) -> None:
    assert Finder(Targets(frozenset(), ["阿卜杜·热合曼"])).find(written) == []
