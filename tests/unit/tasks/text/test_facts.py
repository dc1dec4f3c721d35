"""Numbers, dates, issue numbers and organisations, compared with a source."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.quality.invented_facts import amounts, dates, shares
from tasks.text.facts.check import Source, facts_of, missing_facts
from tasks.text.numbers import number_values
from tests.unit.tasks.documents import MIXED


def values(text: str, language: str = "") -> list[str]:
    return [
        value
        for fact in facts_of(text, language=language)
        if fact.sure
        for value in sorted(fact.values)
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("二〇二六年五月", ["2026-05"]),
        ("二零二六年十月三十一日", ["2026-10-31"]),
        ("2026年5月3日至5日", ["2026-05-03", "2026-05-05"]),
        ("5月3-5日", ["--05-03", "--05-05"]),
        ("May 3 to 5, 2026", ["2026-05-03", "2026-05-05"]),
        ("3 May to 5 May 2026", ["--05-03", "2026-05-05"]),
        ("the 31st of October 2026", ["2026-10-31"]),
        ("2026.5.3和2026-05-04", ["2026-05-03", "2026-05-04"]),
        ("2月30日", ["2", "30"]),
        ("2026年", ["2026"]),
        ("下午2时30分", ["T14:30"]),
        ("2:30 p.m.", ["T14:30"]),
        ("You may March on", []),
    ],
)
def test_dates_and_times_have_one_value_in_every_notation(text: str, expected: list[str]) -> None:
    assert values(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.5亿元", ["150000000"]),
        ("150 million yuan", ["150000000"]),
        ("3亿5000万", ["350000000"]),
        ("一万亿", ["1000000000000"]),
        ("壹万贰仟叁佰元整", ["12300"]),
        ("一百零五人", ["105"]),
        ("one hundred and five people", ["105"]),
        ("one hundred and fifty thousand", ["150000"]),
        ("第二十三条", ["23"]),
        ("Article twenty-three", ["23"]),
        ("百分之五十", ["50%"]),
        ("50 per cent", ["50%"]),
        ("3‰", ["0.3%"]),
        ("三分之二", ["2/3"]),
        ("two-thirds", ["2/3"]),
        ("提高5个百分点", ["5"]),
        ("１，２３４．５０", ["1234.5"]),
        ("一些，十分重要，万一，千方百计，三亚，五台山", []),
        ("三人", ["3"]),
    ],
)
def test_numbers_have_one_value_in_every_notation(text: str, expected: list[str]) -> None:
    assert values(text) == expected


def test_a_comma_is_a_point_in_german_and_points_are_commas() -> None:
    assert values("1,5 Millionen am 3. Mai 2026, 12.000 Euro", "de") == [
        "1500000",
        "2026-05-03",
        "12000",
    ]


def test_issue_numbers_are_compared_by_code_year_and_number() -> None:
    source = Source.of("根据国发〔2026〕12号，制定本办法。")
    assert not list(source.unsupported("按照国发[2026]12号的要求"))
    for text in ("国办发〔2026〕12号", "国发〔2026〕13号", "国发〔2025〕12号"):
        assert [fact.kind for fact in source.unsupported(text)] == ["issue_number"]
    assert not list(source.unsupported("Guo Fa [2026] No. 12"))


@pytest.mark.parametrize(
    ("said", "extra"),
    [
        ("会议要求财政局抓紧落实", []),
        ("由人社局会同市发改委实施", []),
        ("请到派出所办理", []),
        ("以经济建设为中心，顾全大局", []),
        ("江北市财政局", ["江北市财政局"]),
        ("会议要求水务局抓紧落实", ["水务局"]),
        ("由西渡市数据中心负责", ["西渡市数据中心"]),
        ("月光有限公司参加", ["月光有限公司"]),
        ("Ask the Tax Office of Oakford.", ["Tax Office of Oakford"]),
        ("Ask the Market Office.", []),
    ],
)
def test_organisations_missing_in_the_source_are_found(said: str, extra: list[str]) -> None:
    source = Source.of(
        "江南市财政局会同人力资源和社会保障局、市发展和改革委员会印发通知。阳光有限公司。",
        "Write to the Market Office.",
    )
    assert [said[fact.start : fact.end] for fact in source.unsupported(said)] == extra


def test_a_date_without_a_year_has_the_previous_year() -> None:
    source = Source.of("2026年5月3日开工，6月1日完工。")
    assert not list(source.unsupported("2026年6月1日完工"))
    assert list(source.unsupported("2025年6月1日完工"))


def test_facts_missing_in_a_translation_are_reported() -> None:
    text = "2026年5月，拨付1.5亿元。"
    missing = missing_facts(facts_of(text), "150 million yuan were paid.")
    assert [text[fact.start : fact.end] for fact in missing] == ["2026年5月"]
    assert missing_facts(facts_of(text), "In May 2026, 150 million yuan were paid.") == []


@given(st.dates(date(1900, 1, 1), date(2099, 12, 31)), st.integers(0, 6), st.integers(0, 6))
def test_a_day_is_itself_in_every_form(day: date, one: int, other: int) -> None:
    forms = dates(day)
    assert values(forms[one]) == values(forms[other]) == [day.isoformat()]


@given(st.integers(2, 9_999), st.integers(0, 5))
def test_a_sum_is_itself_in_every_form(sums: int, form: int) -> None:
    assert values(f"共{amounts(sums)[form]}元") == [str(sums * 10_000)]


@given(st.integers(1, 999), st.integers(0, 4))
def test_a_share_is_itself_in_every_form(tenths: int, form: int) -> None:
    plain = f"{tenths / 10:.1f}".removesuffix(".0")
    assert values(shares(tenths)[form]) == [f"{plain}%"]


@settings(deadline=None)
@given(st.lists(MIXED, max_size=8))
def test_a_text_supports_all_of_its_own_facts_and_they_are_inside_it(texts: list[str]) -> None:
    text = "\n".join(texts)
    assert list(Source.of(text).unsupported(text)) == []
    assert missing_facts(facts_of(text), text) == []
    for fact in facts_of(text):
        assert 0 <= fact.start < fact.end <= len(text)


@pytest.mark.parametrize("text", ["一" * 5_000, "九" * 5_000 + "元", "三点" + "一" * 5_000])
def test_a_long_line_of_numerals_is_not_a_number(text: str) -> None:
    assert number_values(text)
    assert list(facts_of(text, language=""))
