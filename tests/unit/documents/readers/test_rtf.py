from __future__ import annotations

import pytest

from documents.readers.legacy_office.rtf import unicode_only


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
