"""Values in pixels are read by OCR wherever the picture lies in a file."""

from __future__ import annotations

import pytest

from bench.quality.leaks.pixels import BUILDERS
from bench.quality.leaks.seen import seen_in

PHONE = "13812341234"


@pytest.mark.parametrize(
    "name",
    [
        "picture (png)", "second page of a picture (tiff)", "scan (pdf)",
        "picture that a page does not draw (pdf)", "picture (docx)", "attached picture (mail)",
    ],
)  # fmt: skip
def test_a_value_in_a_picture_is_seen(name: str) -> None:
    file = BUILDERS[name](PHONE)
    assert seen_in(file, PHONE)
    assert not seen_in(BUILDERS[name]("138****1234"), PHONE)
