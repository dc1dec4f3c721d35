"""The character error rate of OCR on scanned law text, and the CPU time of a page.

A page is drawn, read as a picture, and compared with its text by edit distance without white space.
`python -m bench.quality.ocr` prints a table.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

from bench.quality.measure import Measure
from bench.quality.pages import (
    Defects,
    Font,
    NoFont,
    drawn,
    find_font,
    law_paragraphs,
    set_in_pages,
)
from documents.limits import ReadLimits
from documents.read import read

DOTS = (100, 150, 200, 300)
DEFECTS = {
    "clean": Defects(),
    "skewed by 1 degree": Defects(skew=1.0),
    "skewed by 2 degrees": Defects(skew=-2.0),
    "noise": Defects(noise=25.0, blur=0.6),
    "skew and noise": Defects(skew=1.5, noise=25.0, blur=0.6),
    "poor copy": Defects(skew=1.0, noise=60.0, blur=1.0),
}
PAGES = 2
TARGETS = {100: 0.02, 150: 0.01, 200: 0.01, 300: 0.01}
_LIMITS = ReadLimits(max_chars=100_000, max_pages=10, ocr_pages=10)


@dataclass(frozen=True, slots=True)
class Reading:
    """The result of OCR on some pages."""

    dots: int
    defects: str
    characters: int
    wrong: int
    paragraphs: float  # of those on the pages, the share that came back whole and alone
    seconds: float  # of processor time, a page
    mistakes: Counter[tuple[str, str]]

    @property
    def error_rate(self) -> float:
        return self.wrong / self.characters


def measures() -> Iterable[Measure]:
    """Character error rates at each resolution. Raises `NoFont` if no Chinese font is installed."""
    font = find_font()
    for dots in DOTS:
        for defects in DEFECTS:
            found = read_pages(font, dots, defects)
            yield Measure(
                task="parse",
                name=f"OCR character error rate, {dots} dpi, {defects} ({font.name})",
                sample=found.characters,
                figure=round(found.error_rate, 5),
                target=None if defects == "poor copy" else TARGETS[dots],
                lower_is_better=True,
                basis="model",
            )


def read_pages(font: Font, dots: int, defects: str, pages: int = PAGES) -> Reading:
    characters = wrong = whole = wanted = 0
    seconds = 0.0
    mistakes: Counter[tuple[str, str]] = Counter()
    for number, lines in enumerate(set_in_pages(law_paragraphs())[1 : 1 + pages]):
        picture = drawn(lines, font, dots, DEFECTS[defects], seed=number)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "page.png"
            picture.save(path, dpi=(dots, dots))
            began = time.process_time()
            text = read(path, _LIMITS).text
            seconds += time.process_time() - began
        expected = "".join(lines).replace("\u3000", "")
        found = "".join(text.split())
        characters += len(expected)
        wrong += distance(expected, found)
        mistakes.update(differences(expected, found))
        given = paragraphs(lines)
        wanted += len(given)
        whole += len(set(given) & set(text.split("\n\n")))
    return Reading(dots, defects, characters, wrong, whole / wanted, seconds / pages, mistakes)


def paragraphs(lines: Sequence[str]) -> list[str]:
    return "".join(lines).lstrip("\u3000").split("\u3000\u3000")


def distance(one: str, other: str) -> int:
    """The Levenshtein distance: the least number of insertions, deletions and substitutions."""
    row = list(range(len(other) + 1))
    for at, char in enumerate(one, start=1):
        before, row[0] = row[0], at
        for place, with_char in enumerate(other, start=1):
            changed = before + (char != with_char)
            before = row[place]
            row[place] = min(changed, before + 1, row[place - 1] + 1)
    return row[-1]


def differences(expected: str, found: str) -> Iterable[tuple[str, str]]:
    for tag, a, b, c, d in SequenceMatcher(None, expected, found, autojunk=False).get_opcodes():
        if tag != "equal":
            yield expected[a:b], found[c:d]


def main() -> None:
    try:
        font = find_font()
    except NoFont as error:
        sys.exit(str(error))
    print(f"font: {font.name}, {PAGES} pages each\n")
    print("| dpi | page | characters | wrong | error rate | correct paragraphs | CPU s per page |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    mistakes: Counter[tuple[str, str]] = Counter()
    for dots in DOTS:
        for defects in DEFECTS:
            one = read_pages(font, dots, defects)
            mistakes += one.mistakes
            print(
                f"| {dots} | {defects} | {one.characters} | {one.wrong} | {one.error_rate:.2%} "
                f"| {one.paragraphs:.0%} | {one.seconds:.1f} |",
                flush=True,
            )
    print("\nmost frequent errors:", mistakes.most_common(12))


if __name__ == "__main__":
    main()
