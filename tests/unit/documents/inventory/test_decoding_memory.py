"""Decoding a text takes memory in proportion to its length."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import pytest

from documents.inventory.encodings import decoded
from tasks.redact.views import readable


@pytest.mark.parametrize("decode", [decoded, readable])
def test_a_long_percent_encoded_text_is_decoded_in_little_memory(
    decode: Callable[[str], str],
) -> None:
    text = "%E9%98%B3" * 100_000
    tracemalloc.start()
    try:
        assert decode(text) == "阳" * 100_000
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 * len(text)
