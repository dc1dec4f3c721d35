from __future__ import annotations

import pytest

from documents.readers.legacy_office.preparation import unicode_only, workbook_in_utf_8


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
    prepared = workbook_in_utf_8(written.encode(encoding)).decode()
    assert prepared.endswith('?><Workbook>\n<a b="甲"/></Workbook>')
    assert 'encoding="UTF-8"' in prepared


@pytest.mark.parametrize("declaration", ["", "<?xml version='1.0'?>", "<?xml encoding='UTF-8'?>"])
def test_a_workbook_in_utf_8_stays_as_it_is(declaration: str) -> None:
    data = f"{declaration}<Workbook>甲</Workbook>".encode()
    assert workbook_in_utf_8(data) == data
