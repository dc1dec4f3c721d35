"""All places, and the cases of a run: one value in one place of one file each."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.quality.leaks import (
    docx_places,
    ofd_places,
    pdf_places,
    pdf_text,
    pixels,
    text_places,
    xlsx_places,
)
from bench.quality.leaks.place import Place
from bench.quality.leaks.random_places import Sample, injected
from bench.quality.leaks.values import Value, number, value

SEED = 20_261_129


@dataclass(frozen=True, slots=True)
class Case:
    """A file, the value in it, and the names of its format and of the place.

    `by_sight`: files are masked with OCR, and what is handed out is also read by OCR.
    """

    format: str
    place: str
    value: Value
    data: bytes
    by_sight: bool = False


def places() -> Sequence[Place]:
    found = [
        *docx_places.places(), *xlsx_places.places(), *pdf_places.places(), *ofd_places.places(),
        *text_places.places(),
    ]  # fmt: skip
    return found + (text_places.rtf_places() if shutil.which("soffice") else [])


def placed(rounds: int, chosen: Sequence[Place] | None = None) -> Iterator[Case]:
    """Each place, `rounds` times with another value."""
    rng = random.Random(SEED)
    for _ in range(rounds):
        for place in places() if chosen is None else chosen:
            one = value(rng, latin=place.latin)
            yield Case(place.format, place.name, one, place.build(one.text))


def drawn() -> Iterator[Case]:
    """Values in pictures, and text that a PDF page shows in each way."""
    rng = random.Random(SEED + 2)
    ways = [one for one in pdf_places.places() if one.name in {*pdf_text.SHOWN, *pdf_text.LATIN}]
    for place in [*pixels.places(), *ways]:
        one = number(rng)
        yield Case(place.format, f"{place.name}, by sight", one, place.build(one.text), True)


def walked(count: int, samples: Sequence[Sample]) -> Iterator[Case]:
    """`count` files with a value in a place chosen by walking the structure of a sample."""
    rng = random.Random(SEED + 1)
    made = 0
    while made < count:
        sample = rng.choice(samples)
        one = value(rng)
        result = injected(sample, one.text, rng)
        if result is not None:
            made += 1
            yield Case(sample.format, f"{sample.name}: {result.where}", one, result.data)
