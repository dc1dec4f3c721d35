"""`disclosure_review`: content that may not be published, in one place of a file at a time."""

from __future__ import annotations

import asyncio
import random
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bench.quality.identifiers import VALID
from bench.quality.measure import Measure
from bench.quality.redact import UNMARKED, law_sentences
from bench.quality.single_text_files import BUILDERS, LATIN_BUILDERS
from documents.limits import ReadLimits
from standin.direct_source import read_with_source
from standin.documents.builders import HEADING, PARAGRAPH, as_docx, as_pdf, as_text
from standin.scripted_engine import Answer, Request, ScriptedEngine
from tasks.disclosure_review import (
    DisclosureOptions,
    DisclosureResult,
    disclosure_review,
)
from tasks.disclosure_review.reasons import Reason
from tasks.disclosure_review.wordings import ReasonKind
from tasks.engine import Engine
from tasks.redact.kinds import Kind

SEED = 20_260_105
_EACH = 2  # of each kind of identifier, in each place
_LATIN = ("mobiles", "identity numbers", "e-mail addresses", "bank cards")
_MARKINGS = {
    "秘密★5年": "marked-secret", "机密★1年": "marked-confidential",
    "绝密★启封前": "marked-top-secret", "密级：机密": "marked-confidential",
    "秘密*1年": "marked-secret",
}  # fmt: skip
_TERMS = ("海棠工程", "第七号仓库", "西线调水预案")
_SAMPLES = Path(__file__).parents[2] / "tests" / "samples"
_LIMITS = ReadLimits(max_chars=1_000_000, max_pages=100)
# Characters that fit on one line of a page.
_LONGEST = 22


@dataclass(frozen=True, slots=True)
class Injected:
    """A text put into a file, its sort, and a test for the reason that must be found."""

    words: str
    sort: str
    matches: Callable[[Reason], bool]


def measures() -> Iterable[Measure]:
    rng = random.Random(SEED)
    found: dict[str, list[bool]] = {}
    for place, build in {**BUILDERS, **LATIN_BUILDERS}.items():
        for one in _injected(rng, latin=place in LATIN_BUILDERS):
            reasons = _reviewed(build(one.words)).reasons
            hit = any(map(one.matches, reasons))
            found.setdefault(one.sort, []).append(hit)
            found.setdefault(place, []).append(hit)
    for name, hits in found.items():
        yield Measure("disclosure_review", f"found: {name}", len(hits), _share(hits), 1.0)
    held_back = [not _reviewed(file).publishable for file in _clean(rng)]
    yield Measure(
        "disclosure_review", "clean files held back", len(held_back), sum(held_back), 0,
        lower_is_better=True,
    )  # fmt: skip


def _share(hits: list[bool]) -> float:
    return sum(hits) / len(hits)


def _injected(rng: random.Random, *, latin: bool) -> Iterator[Injected]:
    for name, (kind, make) in VALID.items():
        if kind is Kind.credit_code or (latin and name not in _LATIN):
            continue
        for _ in range(_EACH):
            number = make(rng)
            words = number if latin else f"{_sentence(rng)}{number}。"
            yield Injected(words, "personal data", _named(ReasonKind.personal_data, kind.value))
    if latin:
        return
    for words, rule in _MARKINGS.items():
        yield Injected(words, "secrecy markings", _named(ReasonKind.secrecy_marking, rule))
    for term in _TERMS:
        words = f"{_sentence(rng)}{term}。"
        yield Injected(words, "terms", _named(ReasonKind.term, Kind.term.value))


def _named(kind: ReasonKind, rule: str) -> Callable[[Reason], bool]:
    return lambda reason: (reason.kind, reason.rule) == (kind, rule)


def _sentence(rng: random.Random) -> str:
    """The first clause of a sentence of a law."""
    begun = (one.partition("，")[0] for one in law_sentences())
    return rng.choice([one for one in begun if 4 < len(one) <= _LONGEST]) + "，"


def _clean(rng: random.Random) -> Iterator[bytes]:
    """Files that may be published: law text and texts about secrecy in every place; whole laws."""
    texts = (one.strip() for one in UNMARKED)
    # 工作秘密 alone is no secrecy marking, but is a reason of its own.
    about_secrecy = [one for one in texts if "\n" not in one and one != "工作秘密"]
    for build in BUILDERS.values():
        for words in (*(_sentence(rng) for _ in range(5)), *about_secrecy):
            yield build(words)
    for path in sorted(_SAMPLES.glob("*法*.md")):
        lines = [line.strip("# ") for line in path.read_text(encoding="utf-8").splitlines()]
        title, *rest = filter(None, lines)
        content = [(HEADING, title), *((PARAGRAPH, line) for line in rest)]
        yield from (as_text(content), as_docx(content), as_pdf(content))


def _reviewed(file: bytes) -> DisclosureResult:
    options = DisclosureOptions(terms=list(_TERMS))
    engine: Engine = ScriptedEngine(_refuse)
    with tempfile.NamedTemporaryFile() as saved:
        saved.write(file)
        saved.flush()
        document, _ = read_with_source(Path(saved.name), _LIMITS)
        return asyncio.run(disclosure_review(document, options, engine))


def _refuse(_: Request) -> Answer:
    raise AssertionError("the model was asked")
