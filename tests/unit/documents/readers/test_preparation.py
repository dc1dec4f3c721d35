from __future__ import annotations

import pytest

from documents.readers.legacy_office.preparation import exact_workbook, unicode_only


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (rb"{\upr{?}{\*\ud{\u1234?}}}", rb"{\upr{\*\uprold ?}{\*\ud{\u1234?}}}"),
        (b"{\\upr\r\n {?}{\\*\\ud{1}}}", rb"{\upr{\*\uprold ?}{\*\ud{1}}}"),
        (rb"{\\upr{?}}", rb"{\\upr{?}}"),
        (rb"{\\\upr{?}}", rb"{\\\upr{\*\uprold ?}}"),
        (rb"{\uprx{?} \upr}", rb"{\uprx{?} \upr}"),
    ],
)
def test_of_a_text_in_two_versions_the_one_in_unicode_is_read(written: bytes, read: bytes) -> None:
    assert unicode_only(written) == read


@pytest.mark.parametrize("encoding", ["utf-16", "gb2312"])
def test_a_workbook_in_xml_is_written_in_utf_8(encoding: str) -> None:
    written = f'<?xml version="1.0" encoding="{encoding}"?><Workbook>\n<a b="甲"/></Workbook>'
    prepared = exact_workbook(written.encode(encoding)).decode()
    assert prepared.endswith('?><Workbook>\n<a b="甲"/></Workbook>')
    assert 'encoding="UTF-8"' in prepared


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        ("11010519491231002X", "String"),
        ("6222021234567890128", "String"),
        ("1234567890123456", "String"),
        ("123456789012345", "Number"),
        ("-0.10000000000000001", "Number"),
        ("1.10105194912310E+17", "Number"),
        (" 13812341234 ", "Number"),
    ],
)
def test_a_number_with_more_digits_than_are_kept_is_a_string(number: str, kind: str) -> None:
    data = f'<Workbook xmlns:s="s"><Data s:Type="Number">{number}</Data></Workbook>'.encode()
    assert f'Type="{kind}">{number}<' in exact_workbook(data).decode()


def test_text_of_a_cell_keeps_its_type() -> None:
    data = b'<Workbook><Data Type="DateTime">2026-06-01T00:00:00.000</Data></Workbook>'
    assert b'Type="DateTime"' in exact_workbook(data)
