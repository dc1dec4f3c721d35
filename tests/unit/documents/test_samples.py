from __future__ import annotations

from pathlib import Path

from tests.samples import make

SAMPLES = Path(make.__file__).parent


def test_the_samples_match_their_script() -> None:
    assert (SAMPLES / make.NOTICE).read_bytes() == make.notice()
    assert (SAMPLES / make.MESSAGE).read_bytes() == make.MESSAGE_WORDS.encode("gb18030")


def test_the_letter_is_packed_the_same_every_time() -> None:
    # Not compared with the file: another zlib compresses to other bytes.
    assert make.letter() == make.letter()
