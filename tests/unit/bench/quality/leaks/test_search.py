"""The independent search finds a value in every encoding, and nothing where there is nothing."""

from __future__ import annotations

import base64
import gzip
import quopri
import zlib
from collections.abc import Callable

import pytest

from bench.quality.leaks.pdf_file import ENCODERS, TITLE, Letters, Stream, pdf
from bench.quality.leaks.place import zipped
from bench.quality.leaks.search import found_in
from bench.quality.leaks.values import SPELLINGS, filled

PHONE, NAME = "13812341234", "𠮷明远"
WAYS: dict[str, Callable[[str], bytes]] = {
    "plain": str.encode,
    "UTF-16": lambda text: text.encode("utf-16"),
    "UTF-16 at an odd place": lambda text: b"\x01" + text.encode("utf-16-le"),
    "GB 18030": lambda text: text.encode("gb18030"),
    "split by tags": lambda text: f"<a>{text[:2]}</a><b>{text[2:]}</b>".encode(),
    "one letter an element": lambda text: (
        "<x>" + "".join(f"<t>{one}</t><u>9</u>" for one in text) + "</x>"
    ).encode(),
    "one letter an attribute": lambda text: (
        "<x>" + "".join(f'<t v="{one}"/>' for one in text) + "</x>"
    ).encode(),
    "spaced": lambda text: "\n ".join(text).encode(),
    "hyphenated": lambda text: f"{text[:2]}-\n{text[2:]}".encode(),
    "quoted-printable": lambda text: quopri.encodestring(f"号码 {text}".encode()),
    "encoded word": lambda text: (
        f"Subject: =?utf-8?B?{base64.b64encode(text.encode()).decode()}?="
    ).encode(),
    "gzip in a zip in a zip": lambda text: zipped(
        {"a.zip": zipped({"b.gz": gzip.compress(text.encode())})}
    ),
    "Base64 of a zip": lambda text: base64.encodebytes(zipped({"a.txt": text.encode()})),
    "zlib among other bytes": lambda text: b"\x00\xff" + zlib.compress(text.encode()) + b"\x07",
    "entry without a directory": lambda text: zipped({"a": f"{text}{' ' * 99}".encode()})[:-60],
    "RTF": lambda text: (
        "{\\rtf1 "
        + "".join(
            f"\\u{int.from_bytes(text.encode('utf-16-le')[at : at + 2], 'little', signed=True)}?"
            for at in range(0, len(text.encode("utf-16-le")), 2)
        )
        + "}"
    ).encode(),
    "name in a PDF": lambda text: ("/" + "".join(f"#{one:02x}" for one in text.encode())).encode(),
    "joined literals": lambda text: f'a = "{text[:2]}" + "{text[2:]}"'.encode(),
    "PDF, kerned": lambda text: pdf(text, content="BT /F2 9 Tf [{kerned}] TJ ET"),
    "PDF, octal": lambda text: pdf(text, info="/Title {octal}"),
    "PDF, object stream": lambda text: pdf(text, packed={20: "<< /A {string} >>"}),
    "PDF, freed object": lambda text: pdf(text, objects={20: "{hex_string}"}),
    **{
        f"PDF, {name} of Flate": lambda text, name=name: pdf(  # type: ignore[misc]
            text, objects={20: Stream("{v}", filters=(name, "FlateDecode"))}
        )
        for name in ENCODERS
    },
}


@pytest.mark.parametrize("value", [PHONE, NAME], ids=["number", "rare name"])
@pytest.mark.parametrize("way", WAYS)
def test_a_value_is_found_in_every_encoding(way: str, value: str) -> None:
    file = WAYS[way](value)
    assert found_in(file, [value, "13900000000"]).keys() == {value}


@pytest.mark.parametrize("value", [PHONE, NAME], ids=["number", "rare name"])
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_value_is_found_in_every_spelling(spelling: str, value: str) -> None:
    template = "<x>{a}{b}</x>" if spelling in {"a", "b"} else f'<x y="{{{spelling}}}"/>'
    assert found_in(filled(template, value).encode(), [value])


@pytest.mark.parametrize("way", WAYS)
def test_a_masked_value_is_not_found(way: str) -> None:
    assert not found_in(WAYS[way]("138****1234"), [PHONE])


def test_a_value_is_found_that_is_written_letter_by_letter_in_two_fonts() -> None:
    """The letters without a map from codes to characters are searched as they are."""
    value = "粤C99751"
    letters = Letters(TITLE + value)
    lines = [letters.show(char, 300, 700 - 16 * at) for at, char in enumerate(value)]
    data = pdf(value, content=" ".join(lines))
    assert found_in(data, [value])
    assert not found_in(data, ["粤C99752"])
