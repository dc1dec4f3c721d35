"""A value in any place of a PDF is nowhere in the masked file."""

from __future__ import annotations

from pathlib import Path

import pytest

from documents.masking.account import Account
from documents.masking.pdf_file import mask_pdf
from standin.documents.builders import LIMITS, saved
from standin.documents.pdf_places import PLACES
from tasks.redact.finder import RULES, Targets
from tasks.redact.masker import Masker, Style
from tests.unit.documents.masking.pdf_bytes import readable

VALUE = "13812341234"
WORD = "Qzvxwyk"
MASKING = Masker(Targets(frozenset(RULES), [WORD]), Style()).masking()
# Here the bytes do not spell the value: each glyph has another code.
SPELLED_OTHERWISE = {"Type 3 glyphs", "text in another order", "meaning of a code"}
# Strings and numbers of digits only.
DIGITS_ONLY = {"number"}


@pytest.mark.parametrize("value", [VALUE, WORD])
@pytest.mark.parametrize("place", PLACES)
def test_a_value_in_any_place_is_not_in_the_masked_file(
    tmp_path: Path, place: str, value: str
) -> None:
    if place in DIGITS_ONLY and not value.isdigit():
        pytest.skip("the place holds digits only")
    file = PLACES[place](value)
    assert value in readable(file) or place in SPELLED_OTHERWISE | {"text on two pages"}
    masked = mask_pdf(saved(tmp_path, file), MASKING, LIMITS, Account()).data
    assert value not in readable(masked)
