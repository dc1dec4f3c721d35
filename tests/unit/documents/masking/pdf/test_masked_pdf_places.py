"""A value in any place of a PDF is nowhere in the masked file."""

from __future__ import annotations

import contextlib
import io
import random
from pathlib import Path

import pikepdf
import pytest

from documents.errors import DocumentError
from documents.inventory.walk import inventory
from documents.masking.account import Account
from documents.masking.pdf.file import mask_pdf
from documents.readers import pdf as pdf_reader
from standin.documents.builders import LIMITS, saved
from standin.documents.pdf_places import PLACES
from tasks.redact.finder import RULES, Targets
from tasks.redact.masker import Masker, Style
from tests.unit.documents.masking.pdf.pdf_bytes import readable

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


@pytest.mark.parametrize("seed", range(80))
def test_a_damaged_file_is_refused_or_masked(tmp_path: Path, seed: int) -> None:
    """Bytes are changed, deleted or repeated; what is handed out does not have the value."""
    rng = random.Random(seed)
    with pikepdf.open(io.BytesIO(PLACES[rng.choice(list(PLACES))](VALUE))) as pdf:
        written = io.BytesIO()
        pdf.save(
            written,
            compress_streams=False,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
            stream_decode_level=pikepdf.StreamDecodeLevel.generalized,
        )
    data = bytearray(written.getvalue())
    for _ in range(rng.choice((1, 2, 5))):
        at = rng.randrange(len(data))
        data[at : at + rng.randrange(1, 4)] = rng.choice(
            (b"", b"\xff", b"null", b"<<", b"]", b"/", b" -1 ", b"(", bytes(data[:9]))
        )
    path = saved(tmp_path, bytes(data))
    with contextlib.suppress(DocumentError):
        assert VALUE not in readable(mask_pdf(path, MASKING, LIMITS, Account()).data)
    with contextlib.suppress(DocumentError):
        list(inventory(path, pdf_reader.MEDIA_TYPE, LIMITS))
