"""Runs of text among compressed pixels."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import permutations

import pytest

from documents.inventory.pictures.beside_pixels import compressed_pixels

ASCII, CHINESE, WORDS = b"0123456789a", "张某某".encode(), b"hello, world, hello"
UTF_16 = "138123".encode("utf-16-le")


def found(data: bytes) -> list[bytes]:
    return [run for part in compressed_pixels(data) for run in part.data.split(b"\0\n\0") if run]


@pytest.mark.parametrize("shorter", [b"0123456789", "张".encode(), b""])
@pytest.mark.parametrize("runs", list(permutations([ASCII, CHINESE, WORDS, UTF_16])))
def test_each_run_is_found(runs: Sequence[bytes], shorter: bytes) -> None:
    chance = random.Random(1)
    pixels = bytes(chance.choice(b"\x01\xff\xc3") for _ in range(2_000))
    data = b"".join(pixels + shorter + pixels + run for run in runs) + pixels
    assert found(data) == list(runs)


def test_pixels_without_a_run_have_none() -> None:
    pixels = b"\x00\xff".join([b"0123456789", "张".encode(), b"\xe5\xbc", b""] * 50)
    assert found(pixels) == []


def test_runs_that_touch_are_found_as_by_the_pattern() -> None:
    runs = [CHINESE, b"0123456789ab", "张某".encode()]
    assert found(b"".join(runs)) == runs


def test_a_run_begins_with_no_space() -> None:
    assert found(b" " * 20 + ASCII) == [ASCII]
    assert found(b" \0" * 20 + UTF_16) == [UTF_16]
