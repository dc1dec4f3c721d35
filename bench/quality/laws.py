"""The law texts in tests/samples, on which measurements are made."""

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
    """Every law in the samples, by the name of its file without the suffix."""
    paths = sorted(SAMPLES.glob("*法(*.md"))
    return {path.stem: read(path, LIMITS) for path in paths}


def of_text(text: str) -> Document:
    return read_characters(text, LIMITS)
