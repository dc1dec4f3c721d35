"""The palette of a picture that OCR did not read is not in a masked file."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from PIL import Image

from documents.masking.account import Account
from documents.masking.pictures.embedded import Pictures
from standin.documents.builders import LIMITS
from tasks.redact.finder import Targets
from tasks.redact.masker import Masker, Style

SECRET = b"13812341234"


@pytest.mark.parametrize("transparency", [None, b"\0\xff" + SECRET])
def test_unused_colors_are_left_out(transparency: bytes | None) -> None:
    image = Image.new("P", (60, 40))
    image.paste(1, (10, 10, 30, 30))
    image.putpalette(b"\xff\xff\xff\0\0\0" + SECRET.ljust(12))
    more = {} if transparency is None else {"transparency": transparency}
    image.save(written := io.BytesIO(), "PNG", **more)
    assert SECRET in written.getvalue()
    masking = Masker(Targets(frozenset()), Style()).masking()
    pictures = Pictures(masking, replace(LIMITS, ocr_pages=0), Account())
    masked = pictures.masked(written.getvalue(), "word/media/image1.png")
    assert masked is not None
    assert SECRET not in masked
    with Image.open(io.BytesIO(masked)) as shown:
        assert shown.convert("RGB").getpixel((20, 20)) == (0, 0, 0)
