"""The official law texts that measures are made on."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from documents.document import Document
from documents.limits import ReadLimits
from documents.read import read
from documents.readers.text import read_characters

SAMPLES = Path(__file__).parents[2] / "tests" / "samples"
LIMITS = ReadLimits(max_chars=1_000_000, max_pages=1_000)


@lru_cache
def laws() -> dict[str, Document]:
    """Every law of the samples, by its file's name."""
    paths = sorted(SAMPLES.glob("*法(*.md"))
    return {path.stem: read(path, LIMITS) for path in paths}


def of_text(text: str) -> Document:
    return read_characters(text, LIMITS)
