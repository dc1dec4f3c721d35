"""An entry is 16 bytes; entries are in the order of the file."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.batches.input.entries import Entries
from jobs.batches.input.index import ENTRY_BYTES, Entry, pack, unpack
from tests.unit.jobs.batches.input.files import chat, job, line, order, read, write

words = st.integers(0, 2**32 - 1)
ENTRIES = st.builds(Entry, words, words, words, st.integers(1, 2**24 - 1), st.integers(0, 255))


@given(st.lists(ENTRIES, max_size=5))
def test_entries_come_out_as_they_went_in(given_entries: list[Entry]) -> None:
    packed = pack(given_entries)
    assert len(packed) == ENTRY_BYTES * len(given_entries)
    assert list(unpack(packed)) == given_entries


def test_an_entry_is_four_big_endian_words() -> None:
    packed = pack([Entry(offset=1, length=2, tokens=3, line=0x010203, task=4)])
    assert packed == bytes.fromhex("00000001 00000002 00000003 01020304")


def test_an_entry_that_does_not_fit_is_an_error() -> None:
    with pytest.raises(struct.error):
        pack([Entry(offset=2**32, length=0, tokens=0, line=1, task=0)])


def test_lines_of_several_tasks_are_in_the_order_of_the_file(tmp_path: Path) -> None:
    labels = {"labels": [{"name": "a"}, {"name": "b"}]}
    lines = [
        line("a", job("1")),
        line("b", job("2", task="classify", options=labels)),
        line("c", job("3")),
    ]
    index, _ = read(write(tmp_path, *lines))
    assert order(index) == [1, 2, 3]
    assert index.tasks == ("summarize", "classify")
    assert index.lines_by_task == (2, 1)


def test_lines_that_begin_alike_stay_where_they_are(tmp_path: Path) -> None:
    lines = [
        line("a", job("One text.", options={"max_words": 20})),
        line("b", {"task": "summarize", "input": {"document_id": "doc_1"}}),
        line("c", job("One text.", options={"max_words": 20})),
        line("d", chat("1", system="Be brief.")),
        line("e", {"task": "summarize", "input": {"document_id": "doc_1"}, "options": {}}),
        line("f", chat("1", system="Be brief.")),
    ]
    index, _ = read(write(tmp_path, *lines), documents=["doc_1"])
    assert order(index) == [1, 2, 3, 4, 5, 6]


def test_removed_entries_are_not_in_the_index() -> None:
    entries = Entries()
    for number in range(1, 7):
        entries.add(Entry(offset=0, length=1, tokens=1, line=number, task=0))
    assert all(entries.drop(number) for number in (0, 3, 5))
    assert not entries.drop(3)
    assert [entry.line for entry in unpack(entries.packed())] == [2, 3, 5]


def test_the_order_does_not_depend_on_how_the_file_is_cut(tmp_path: Path) -> None:
    chosen = random.Random(4)
    bodies = [
        chosen.choice([job(str(n % 17)), chat(str(n), system=str(n % 5)), chat(str(n % 3))])
        for n in range(200)
    ]
    path = write(tmp_path, *(line(str(n), body) for n, body in enumerate(bodies)))
    found = [read(path, max_lines=most)[0] for most in (1, 13, 1_000)]
    assert found[0] == found[1] == found[2]
    assert order(found[0]) == list(range(1, 201))
