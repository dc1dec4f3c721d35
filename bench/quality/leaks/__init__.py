"""What leaks: values in every place of a file, after `redact` and `disclosure_review`.

One value is put into one place of a file: into each place that is listed by format, and into
places that are chosen by walking the structure of sample files. The search of what was handed out
(`search`) uses none of the project's readers. Files without such values must not be held back.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from types import MappingProxyType
from typing import TypeVar

from bench.quality.leaks.appearance import differences
from bench.quality.leaks.cases import Case, drawn, placed, places, walked
from bench.quality.leaks.clean import clean_files
from bench.quality.leaks.outcome import CleanOutcome, Outcome, outcome_of, outcome_of_clean
from bench.quality.leaks.place import Place
from bench.quality.leaks.random_places import samples
from bench.quality.measure import Measure

ROUNDS, WALKED, CLEAN, COMPARED = 2, 1_000, 500, 10
# Places that each format must have at least; HTML and e-mail together.
FEWEST: Mapping[str, int] = MappingProxyType(
    {"DOCX": 60, "XLSX": 30, "PDF": 40, "OFD": 25, "HTML and e-mail": 15}
)
_T = TypeVar("_T")
_R = TypeVar("_R")


def measures() -> Iterator[Measure]:
    every = places()
    yield from _places(every)
    cases = [*placed(ROUNDS), *drawn(), *walked(WALKED, samples(every))]
    yield from figures(list(_in_processes(outcome_of, cases)))
    yield from clean_figures(list(_in_processes(outcome_of_clean, list(clean_files(CLEAN)))))
    yield from _appearance()


def _places(every: Sequence[Place]) -> Iterator[Measure]:
    counts = Counter(place.format for place in every)
    counts["HTML and e-mail"] = counts["HTML"] + counts["e-mail"]
    for kind, fewest in FEWEST.items():
        yield Measure("leaks", f"places in {kind}", counts[kind], counts[kind], fewest)


def _in_processes(work: Callable[[_T], _R], cases: Sequence[_T]) -> Iterable[_R]:
    # A new process: PDFium must not be forked after its first use.
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        yield from pool.map(work, cases, chunksize=8)


def figures(outcomes: Sequence[Outcome]) -> Iterator[Measure]:
    """The figures of files with values; those that miss are listed on standard error."""
    total = len(outcomes)
    readable = sum(one.readable for one in outcomes)
    yield Measure("leaks", "values readable before", total, readable, total)
    for kind in dict.fromkeys(one.format for one in outcomes):
        of_format = [one for one in outcomes if one.format == kind]
        leaks = [one for one in of_format if one.leak]
        passed = [one for one in of_format if one.publishable]
        for one in leaks:
            _show(f"leak: {kind}, {one.place}, {one.value}: {one.leak}")
        for one in passed:
            _show(f"publishable: {kind}, {one.place}, {one.value}")
        handed_out = sum(one.refused is None and one.failure is None for one in of_format)
        size = len(of_format)
        yield _none(f"{kind}: values left in what is handed out", size, len(leaks))
        yield _none(f"{kind}: wrongly publishable", size, len(passed))
        yield Measure("leaks", f"{kind}: masked files handed out", size, handed_out)
    failures = [one for one in outcomes if one.failure]
    for one in failures:
        _show(f"failure: {one.format}, {one.place}: {one.failure}")
    yield _none("failures", total, len(failures))


def clean_figures(outcomes: Sequence[CleanOutcome]) -> Iterator[Measure]:
    held_back = [one for one in outcomes if one.held_back]
    refused = [one for one in outcomes if one.refused]
    for one in held_back:
        _show(f"held back: {one.format}, {one.place}: {one.held_back}")
    for one in refused:
        _show(f"not masked: {one.format}, {one.place}: {one.refused}")
    yield _none("clean files held back", len(outcomes), len(held_back))
    yield _none("clean files not masked", len(outcomes), len(refused))


def _appearance() -> Iterator[Measure]:
    pages = list(differences(COMPARED))
    for kind in dict.fromkeys(one.format for one in pages):
        shares = [one.share for one in pages if one.format == kind and one.is_text]
        name = f"{kind}: largest difference of a page that stayed text"
        yield Measure(
            "leaks", name, len(shares), 100 * max(shares, default=0), 1, "%", lower_is_better=True
        )
        drawn = sum(not one.is_text for one in pages if one.format == kind)
        yield Measure("leaks", f"{kind}: pages that became pictures", len(pages), drawn)


def _none(name: str, sample: int, figure: int) -> Measure:
    return Measure("leaks", name, sample, figure, 0, lower_is_better=True)


def _show(line: str) -> None:
    print(f"  {line}", file=sys.stderr, flush=True)


__all__ = ["Case", "clean_figures", "figures", "measures"]
