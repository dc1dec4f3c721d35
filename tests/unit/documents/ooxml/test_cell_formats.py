"""What a spreadsheet program shows for a value. The expectations are what Excel shows."""

from __future__ import annotations

import time

import pytest

from documents.ooxml.formats.builtin import BUILTIN
from documents.ooxml.formats.number_format import NumberFormat, general
from documents.ooxml.formats.numerals import chinese
from documents.ooxml.formats.values import one_line, quick_number, shown_number

DAY = 46_023.0  # 1 January 2026, a Thursday
ACCOUNTING = '_ * #,##0.00_ ;_ * -#,##0.00_ ;_ * "-"??_ ;_ @_ '


@pytest.mark.parametrize(
    ("code", "value", "shown"),
    [
        ("[$-404]e/m/d", DAY - 62, "114/10/31"),
        ('[$-404]ggge"年"m"月"d"日"', DAY, "中華民國115年1月1日"),
        ("[$-404]e/mm/dd", 4_384.0, "1/01/01"),
        ("[$-404]e/mm/dd", 4_383.0, "1911/12/31"),
        ("[$-404]yyyy/mm/dd", DAY, "2026/01/01"),
        ("[$-804]e-m-d", DAY, "2026-1-1"),
        ('[$-411]ggge"年"m"月"d"日"', DAY, "令和8年1月1日"),
        ("[$-411]gee.mm.dd", 43_585.0, "H31.04.30"),
        ("[DBNum1][$-404]e", DAY, "一百一十五"),
        ("[$-107041E]d/m/yyyy", DAY, "1/1/2569"),
        ("[$-D07041E]d/m/yy", DAY, "๑/๑/๖๙"),
        ("[$-D000000]0.0", 12.5, "๑๒.๕"),
        ("bbbb-mm-dd", DAY, "2569-01-01"),
        ("[$-41E]bb", DAY, "69"),
        ("[$-5041E]yyyy", DAY, "4359"),
        ('[$-1030411]ggge"年"', DAY, "令和8年"),
        ("[$-1040804]e/m/d", DAY, "115/1/1"),
        ("B1yyyy-mm-dd", DAY, "2026-01-01"),
        ("B2yyyy-mm-dd", DAY, "2026-01-01"),
        ("[$-1000804]0", 12.0, "12"),
        ("[$-th-TH,107]d/m/yyyy", DAY, "1/1/2569"),
        ("[$-th-TH,D07]yyyy", DAY, "๒๕๖๙"),
        ("[$-ja-JP]ggge", DAY, "令和8"),
        ("[$-zh-TW]e", DAY, "115"),
        ("[$-zh-CN]mmm", DAY, "1月"),
        ("[$-en-US]mmm d", DAY, "Jan 1"),
        ("[$-x-sysdate]dddd", DAY, "2026年1月1日"),
        ("[$€-2]0", 5.0, "€5"),
        ("0.00%", 0.853, "85.30%"),
        ("0.0%", -0.05, "-5.0%"),
        ("000000", 12_300, "012300"),
        ('"¥"#,##0.00', 1_234_567.5, "¥1,234,567.50"),
        ("[$¥-804]#,##0", 5_000, "¥5,000"),
        ('0"万元"', 500, "500万元"),
        ("0\\元", 5, "5元"),
        ("0.00", -0.125, "-0.13"),
        ("0.00", 1.005, "1.01"),
        ("#.##", 0.5, ".5"),
        ("#,###", 0, ""),
        ("0.?", 1, "1. "),
        ("#,##0.0#", 1_234.5, "1,234.5"),
        ("#,##0", 1e20, "100,000,000,000,000,000,000"),
        ("0.0,", 12_345, "12.3"),
        ('0.00,,"百万"', 12_345_678, "12.35百万"),
        ('0!.0,"万元"', 123_456.789, "12.3万元"),
        ('0!.0000"万元"', 123_456, "12.3456万元"),
        ("0\\.0", 5, "0.5"),
        ("#!,##0", 12_345, "12,345"),
        ("000-0000-0000", 13_812_341_234, "138-1234-1234"),
        ("0 0 0", 123, "1 2 3"),
        ("#,##0;(#,##0)", -1_234, "(1,234)"),
        ("[Red]-0.00;0", -2, "2"),
        ("0.0;-0.0;零", 0, "零"),
        (";;;", 5, ""),
        (ACCOUNTING, 1_234.5, " 1,234.50 "),
        (ACCOUNTING, 0, " -   "),
        ('[>=10000]0.0,"千";0', 12_345, "12.3千"),
        ('[>=10000]0.0,"千";0', 5, "5"),
        ('[>=10000]0.0,"千";0', -5, "-5"),
        ("0.00E+00", 12_345, "1.23E+04"),
        ("0.00E+00", 9.999, "1.00E+01"),
        ("0.0E-0", 0.00012, "1.2E-4"),
        ("##0.0E+0", 12_345, "12.3E+3"),
        ("# ?/?", 1.5, "1 1/2"),
        ("# ?/?", 0.5, "1/2"),
        ("# ?/?", 2, "2"),
        ("# ??/??", 0.333333333, "1/3"),
        ("# ?/8", 0.25, "2/8"),
        ("?/?", 1.5, "3/2"),
        ("@", 5, "5"),
        ('General"元"', 5.5, "5.5元"),
        ('G/通用格式"元"', 5.5, "5.5元"),
        ("[DBNum1]General", 105_000, "十万五千"),
        ('[DBNum2]General"元整"', 1_205, "壹仟贰佰零伍元整"),
        ("[DBNum1]0", 205, "二〇五"),
    ],
)
def test_numbers_are_shown_by_their_format(code: str, value: float, shown: str) -> None:
    assert NumberFormat(code).number(float(value)) == shown


@pytest.mark.parametrize(
    ("code", "value", "shown"),
    [
        ('[$-804]yyyy"年"m"月"', DAY, "2026年1月"),
        ("yyyy-mm-dd hh:mm:ss", DAY + 0.5, "2026-01-01 12:00:00"),
        ("yy/m/d", DAY, "26/1/1"),
        ("e-mm", DAY, "2026-01"),
        ("mmm-yy", DAY, "Jan-26"),
        ("[$-804]mmmm", DAY + 300, "十月"),
        ("dddd", DAY, "Thursday"),
        ("aaaa", DAY, "星期四"),
        ("[$-804]ddd", DAY, "周四"),
        ("[$-F800]dddd, mmmm dd, yyyy", DAY, "2026年1月1日"),
        ('[DBNum1]yyyy"年"m"月"d"日"', DAY + 24, "二〇二六年一月二十五日"),
        ("h:mm AM/PM", 0.75, "6:00 PM"),
        ('上午/下午h"时"mm"分"', 0.75, "下午6时00分"),
        ("h:mm", 0.5 + 59.9 / 86_400, "12:01"),
        ("mm:ss.0", 61.5 / 86_400, "01:01.5"),
        ("[h]:mm:ss", 30 / 24 + 5 / 1_440, "30:05:00"),
        ("[mm]:ss", 2 / 24, "120:00"),
        ("yyyy/m/d", 60, "1900/2/29"),
        ("yyyy/m/d", 1, "1900/1/1"),
        ("yyyy/m/d", -1, "-1"),
        ("yyyy/m/d", 1e9, "1000000000"),
    ],
)
def test_dates_are_shown_by_their_format(code: str, value: float, shown: str) -> None:
    assert NumberFormat(code).number(float(value)) == shown


def test_a_workbook_can_count_days_from_1904() -> None:
    assert NumberFormat("yyyy/m/d", from_1904=True).number(0) == "1904/1/1"


def test_texts_are_shown_by_their_section() -> None:
    assert NumberFormat('0;-0;0;"第"@"号"').text("三") == "第三号"
    assert NumberFormat('"第"@"号"').text("三") == "第三号"
    assert NumberFormat("0.00").text("三") == "三"
    assert NumberFormat(";;;").text("三") == ""


@pytest.mark.parametrize(
    "code", ["", ".", "E+", "# ?/", "0/0/0", "[h", '"', "\\", "_", "*", ";;;;"]
)
def test_a_format_that_makes_no_sense_does_not_fail(code: str) -> None:
    for value in (0.0, 1.5, -2.0, 1e300, float("nan"), float("inf")):
        NumberFormat(code).number(value)


def test_a_code_that_is_too_long_is_not_applied() -> None:
    began = time.process_time()
    assert NumberFormat("0" * 1_000_000).number(5.0) == "5"
    assert time.process_time() - began < 1


def test_every_built_in_format_shows_a_number() -> None:
    shown = {number: NumberFormat(code).number(1_234.5) for number, code in BUILTIN.items()}
    assert all(shown.values())
    assert shown[31] == "1903年5月18日"
    assert shown[44] == "¥1,234.50"


@pytest.mark.parametrize(
    ("number", "written"),
    [
        ("0", "〇"),
        ("10", "十"),
        ("110", "一百一十"),
        ("1005", "一千〇五"),
        ("100005000", "一亿〇五千"),
        ("100005", "十万〇五"),
        ("-12.5", "-十二.五"),
    ],
)
def test_chinese_numerals_have_their_units(number: str, written: str) -> None:
    assert chinese(number, 1) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [(0.1 + 0.2, "0.3"), (1e20, "1E+20"), (-5.0, "-5"), (123_456_789_012_345.0, "123456789012345")],
)
def test_a_number_without_a_format_has_fifteen_digits(value: float, written: str) -> None:
    assert general(value) == written


@pytest.mark.parametrize(
    "code", ["0", "0.0", "0.00%", "#,##0.00", ' "¥  " 0.00 "元 " ', '"{a}"000']
)
@pytest.mark.parametrize("written", ["5", "1234567", "0.5", "12.34", "99.9", "12.50", "7.000"])
def test_the_quick_way_shows_a_number_as_its_format_does(code: str, written: str) -> None:
    style = NumberFormat(code)
    shown, raw = shown_number(written, style)
    assert shown == one_line(style.number(float(written)))
    assert raw == ("" if shown == general(float(written)) else general(float(written)))


def test_the_quick_way_is_for_numbers_that_need_no_rounding() -> None:
    quick = quick_number(NumberFormat("0.0"))
    assert quick("12.3") == ("12.3", "")
    assert [quick(one) for one in ("12.34", "0", "-1", "12.30", "1e5", "x", "")] == [None] * 7
    assert quick_number(NumberFormat("yyyy-mm-dd"))("46023") is None
    assert shown_number("12.50", None) == ("12.5", "")
