"""`format_check` and `format_fix` on correct documents, and with one rule broken at a time."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.quality.layout_mutations import MUTATIONS, Expected
from bench.quality.measure import Measure
from bench.quality.official_paper import Paper, as_docx
from bench.quality.official_papers import make_paper
from documents.document import BlockKind
from documents.limits import ReadLimits
from documents.read import read
from tasks.official_layout.work import check, fix

LIMITS = ReadLimits(max_chars=1_000_000, max_pages=100)
CORRECT = 120
CASES_A_RULE = 8
HEAVILY_BROKEN = 60
_MOST_SEEDS = 400


@dataclass(frozen=True, slots=True)
class Case:
    """`expected` is empty for a correct document."""

    name: str
    paper: Paper
    expected: tuple[Expected, ...]


@dataclass(slots=True)
class Score:
    """`right` counts expected findings; `wrong` lists unexpected and missing ones."""

    expected: int = 0
    right: int = 0
    found: int = 0
    wrong: list[str] = field(default_factory=list)


@dataclass(slots=True)
class FixScore:
    files: int = 0
    clean: int = 0
    unchanged: int = 0
    same_text: int = 0


def correct_cases(count: int = CORRECT) -> Iterator[Case]:
    for seed in range(count):
        yield Case(f"correct {seed}", make_paper(seed), ())


def broken_cases(
    per_rule: int = CASES_A_RULE, rules: Iterable[str] = tuple(MUTATIONS)
) -> Iterator[Case]:
    """`per_rule` documents for each rule, with its mutations by turns."""
    for rule in rules:
        mutations, made = MUTATIONS[rule], 0
        for seed in range(_MOST_SEEDS):
            if made == per_rule:
                break
            paper, rng = make_paper(1_000 + seed), random.Random(f"{rule} {seed}")
            expected = mutations[made % len(mutations)](paper, rng)
            if expected is not None:
                made += 1
                yield Case(f"{rule} {seed}", paper, tuple(expected))
        if made < per_rule:
            raise ValueError(f"too few documents to which a mutation of {rule} applies")


def heavily_broken_cases(count: int = HEAVILY_BROKEN) -> Iterator[Case]:
    """Six rules broken at once, for `format_fix` only: the exact findings are not known."""
    names = sorted(MUTATIONS)
    for seed in range(count):
        paper, rng = make_paper(5_000 + seed), random.Random(f"many {seed}")
        for rule in rng.sample(names, 6):
            try:
                MUTATIONS[rule][0](paper, rng)
            except (IndexError, ValueError, AssertionError):
                continue  # Another mutation removed what this one changes.
        yield Case(f"many {seed}", paper, ())


def score(cases: Iterable[Case], folder: Path) -> Score:
    total = Score()
    for case in cases:
        path = _saved(case, folder)
        findings = check(path, {"seals": case.paper.seals}, LIMITS).values["findings"]
        expected = list(case.expected)
        total.expected += len(expected)
        total.found += len(findings)
        for finding in findings:
            match = next((one for one in expected if _fits(case.paper, one, finding)), None)
            if match is None:
                total.wrong.append(f"{case.name}: unexpected {finding}")
            else:
                expected.remove(match)
                total.right += 1
        total.wrong += [f"{case.name}: not found {one.rule}" for one in expected]
    return total


def _fits(paper: Paper, expected: Expected, finding: Mapping[str, Any]) -> bool:
    place = finding["place"]
    paragraph = paper.place(expected.line) if expected.line is not None else None
    if finding["rule"] != expected.rule or place["paragraph"] != paragraph:
        return False
    if expected.span is None:
        return True
    return bool(place["start"] < expected.span[1] and expected.span[0] < place["end"])


def score_fixes(cases: Iterable[Case], folder: Path) -> FixScore:
    """Fix each file, check it, fix it again, and compare its text."""
    total = FixScore()
    for case in cases:
        path = _saved(case, folder)
        total.files += 1
        fixed = folder / "fixed.docx"
        fixed.write_bytes(fix(path, {}, LIMITS).file or path.read_bytes())
        findings = check(fixed, {}, LIMITS).values["findings"]
        total.clean += not any(finding["fixable"] for finding in findings)
        total.unchanged += fix(fixed, {}, LIMITS).file is None
        looks = fix(path, {"words": False}, LIMITS)
        fixed.write_bytes(looks.file or path.read_bytes())
        total.same_text += _words(fixed) == _words(path)
    return total


def _words(path: Path) -> list[str]:
    """The texts of the blocks without headers and footers, which hold page numbers."""
    document = read(path, LIMITS)
    edges = {BlockKind.header, BlockKind.footer}
    shown = (block for block in document.blocks if block.kind not in edges)
    return [document.text[block.start : block.end] for block in shown]


def measures() -> Iterator[Measure]:
    with tempfile.TemporaryDirectory() as root:
        folder = Path(root)
        clean = score(correct_cases(), folder)
        broken = score(broken_cases(), folder)
        fixes = score_fixes([*broken_cases(2), *heavily_broken_cases()], folder)
    found = clean.found + broken.found
    yield Measure("format_check", "rules broken in turn", len(MUTATIONS), len(MUTATIONS), 30)
    yield Measure("format_check", "correct documents with a finding", CORRECT, clean.found, 0,
                  lower_is_better=True)  # fmt: skip
    yield Measure(
        "format_check", "precision of findings", found, broken.right / max(1, found), 0.99
    )
    yield Measure("format_check", "recall of findings", broken.expected,
                  broken.right / max(1, broken.expected), 0.99)  # fmt: skip
    for name, count in (
        ("nothing fixable after format_fix", fixes.clean),
        ("a second format_fix changes nothing", fixes.unchanged),
        ("text unchanged when only the layout is fixed", fixes.same_text),
    ):
        yield Measure("format_fix", name, fixes.files, count / max(1, fixes.files), 1.0)


def _saved(case: Case, folder: Path) -> Path:
    path = folder / "case.docx"
    path.write_bytes(as_docx(case.paper))
    return path
