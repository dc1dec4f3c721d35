"""How many wrong numbers the checks of the model cascade detect. No model is needed.

    python -m bench.doubts

Each sentence with digits in the sample documents becomes a summary that quotes it: unchanged, then
with each possible change of one digit, then with one number replaced by each other number of the
document.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

from documents.document import Document
from documents.limits import ReadLimits
from documents.read import read
from standin.scripted_engine import ScriptedEngine
from tasks.summarize import SummarizeOptions, doubts, summarize
from tasks.text.numbers import arabic_numbers
from tasks.text.sentences import sentence_spans

SAMPLES = Path(__file__).resolve().parents[1] / "tests" / "samples"
NUMBERS = {"number-not-in-source", "number-not-in-quotes"}


def with_other_digits(text: str) -> Iterator[str]:
    for place, char in enumerate(text):
        if char in "0123456789":
            yield from (text[:place] + d + text[place + 1 :] for d in "0123456789" if d != char)


def with_other_numbers(text: str, source: str) -> Iterator[str]:
    others = {number.written for number in arabic_numbers(source)}
    for number in arabic_numbers(text):
        for other in sorted(others - {number.written}):
            if number.written in text:
                yield text.replace(number.written, other, 1)


async def is_doubted(document: Document, sentence: int, text: str) -> bool:
    answer = {"sentences": [{"text": text, "sources": [sentence]}]}
    options = SummarizeOptions(max_words=2_000)
    engine = ScriptedEngine(lambda _: answer, context_tokens=200_000)
    result = await summarize(document, options, engine)
    return bool(NUMBERS & set(doubts(document, options, result)))


async def measure(path: Path) -> None:
    document = read(path, ReadLimits(1_000_000, 1_000))
    counts = {"right": [0, 0], "digit": [0, 0], "number": [0, 0]}
    for place, (start, end) in enumerate(sentence_spans(document), start=1):
        sentence = " ".join(document.text[start:end].split())
        if not arabic_numbers(sentence):
            continue
        summaries = {
            "right": [sentence],
            "digit": list(with_other_digits(sentence)),
            "number": list(with_other_numbers(sentence, document.text)),
        }
        for kind, texts in summaries.items():
            counts[kind][0] += sum([await is_doubted(document, place, text) for text in texts])
            counts[kind][1] += len(texts)
    shown = ", ".join(f"{kind} {n} of {of}" for kind, (n, of) in counts.items())
    print(f"{path.name}: doubted: {shown}")


async def main() -> None:
    for path in sorted(SAMPLES.iterdir()):
        if path.suffix in {".txt", ".pdf", ".docx"} or "法" in path.name:
            await measure(path)


if __name__ == "__main__":
    asyncio.run(main())
