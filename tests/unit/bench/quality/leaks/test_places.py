"""The generators put one value into one place, in files that can be read."""

from __future__ import annotations

import io
import random
import tempfile
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from lxml import etree

from bench.quality.leaks import FEWEST
from bench.quality.leaks.cases import SEED, places, walked
from bench.quality.leaks.place import Place, zipped
from bench.quality.leaks.random_places import Sample, injected, samples
from bench.quality.leaks.search import found_in
from bench.quality.leaks.values import value
from documents.errors import DocumentError
from documents.read import read
from standin.documents.builders import LIMITS

PLACES = places()
FORMATS = sorted({place.format for place in PLACES})


def of(kind: str) -> list[Place]:
    return [place for place in PLACES if place.format == kind]


def test_every_format_has_enough_places_and_each_name_once() -> None:
    counts = Counter(place.format for place in PLACES)
    counts["HTML and e-mail"] = counts["HTML"] + counts["e-mail"]
    assert all(counts[kind] >= fewest for kind, fewest in FEWEST.items())
    assert len({(place.format, place.name) for place in PLACES}) == len(PLACES)


@pytest.mark.parametrize("kind", FORMATS)
def test_the_search_finds_the_value_in_every_place(kind: str) -> None:
    rng = random.Random(kind)
    missed = []
    for place in of(kind):
        one = value(rng, latin=place.latin)
        if not found_in(place.build(one.text), [one.text]):
            missed.append((place.name, one.text))
    assert missed == []


@pytest.mark.parametrize("kind", [kind for kind in FORMATS if kind != "RTF"])
def test_files_with_a_value_can_be_read(kind: str) -> None:
    unread = []
    for place in of(kind):
        with tempfile.NamedTemporaryFile() as file:
            Path(file.name).write_bytes(place.build("13812341234"))
            try:
                read(Path(file.name), LIMITS)
            except DocumentError as error:
                unread.append((place.name, error.code))
    assert unread == []


def test_places_are_chosen_by_walking_the_structure_of_samples() -> None:
    cases = list(walked(60, samples(PLACES[::5])))
    assert len(cases) == 60
    assert all(found_in(case.data, [case.value.text]) for case in cases)
    assert {case.format for case in cases} >= {"DOCX", "XLSX", "PDF", "OFD"}
    assert len({case.place for case in cases}) > 50


def test_a_part_with_a_value_in_any_place_stays_well_formed() -> None:
    rng = random.Random(SEED)
    sample = Sample("OFD", "one element", zipped({"OFD.xml": b"<x>12</x>"}))
    for _ in range(200):
        made = injected(sample, "13812341234", rng)
        assert made is not None
        with zipfile.ZipFile(io.BytesIO(made.data)) as package:
            etree.fromstring(package.read("OFD.xml"))


def test_the_same_seed_chooses_the_same_places() -> None:
    chosen = samples(PLACES[::50])
    one, other = ([case.place for case in walked(10, chosen)] for _ in range(2))
    assert one == other
    assert SEED
