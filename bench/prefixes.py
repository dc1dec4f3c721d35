"""What releasing lines with equal beginnings together gains on real vLLM.

    python -m bench.prefixes [--lines 200] [--in-flight 32] [--model SmolLM2-135M-Instruct]

Sends the lines of a file to vLLM by turns in the file's order and grouped by their beginnings. The
file asks ten questions of each document: all documents for the first question, then for the second,
and so on, which is the order in which grouping changes most. In the mixed file half of the lines
have a document of their own. Each run has a cache salt of its own, so that it reuses nothing of an
earlier run. The share of prompt tokens found in the prefix cache does not depend on the machine's
load; the time does.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
from httpx_aiohttp import AiohttpTransport

from bench.figures import report
from bench.vllm import SMOLLM2, Vllm, running_vllm

QUESTIONS = 10
DOCUMENTWORDS = 330
ANSWER_TOKENS = 8
TIMEOUT_SECONDS = 600.0
WORDS = (
    *("water", "street", "notice", "office", "permit", "bridge", "school", "winter", "repair"),
    *("budget", "council", "engineer", "market", "river", "station", "record", "signature"),
    *("garden", "library", "harbour", "inspection", "application"),
)


@dataclass(frozen=True, slots=True)
class Line:
    document: str
    question: str


@dataclass(frozen=True, slots=True)
class Run:
    """`hits`: the share of prompt tokens found in the prefix cache."""

    seconds: float
    hits: float


def document(number: int) -> str:
    draw = random.Random(number)
    return f"File {number}. " + " ".join(draw.choices(WORDS, k=DOCUMENTWORDS))


def lines(count: int, *, shared: float) -> Sequence[Line]:
    """`count` lines, of which the part `shared` asks about documents that others ask about too."""
    common = int(count * shared) // QUESTIONS
    asked = [
        Line(document(number), f"Question {question}: what does the file say?")
        for question in range(QUESTIONS)
        for number in range(common)
    ]
    alone = [Line(document(10_000 + n), "What is it?") for n in range(count - len(asked))]
    # Spread evenly between the others.
    for place, line in enumerate(alone):
        asked.insert(place * 2, line)
    return asked


def grouped(plain: Sequence[Line]) -> Sequence[Line]:
    """The lines by document, in the order in which the documents first occur."""
    first: dict[str, int] = {}
    for number, line in enumerate(plain):
        first.setdefault(line.document, number)
    return sorted(plain, key=lambda line: first[line.document])


async def run(vllm: Vllm, ordered: Sequence[Line], salt: str, in_flight: int) -> Run:
    queried, hit = (vllm.counter(f"prefix_cache_{name}_total") for name in ("queries", "hits"))
    waiting = iter(ordered)
    async with httpx.AsyncClient(
        base_url=vllm.url, transport=AiohttpTransport(), timeout=TIMEOUT_SECONDS
    ) as http:

        async def send() -> None:
            for line in waiting:
                text = f"{line.document}\n\n{line.question}"
                body = {
                    "model": vllm.model,
                    "messages": [{"role": "user", "content": text}],
                    "max_tokens": ANSWER_TOKENS,
                    "cache_salt": salt,
                }
                (await http.post("/v1/chat/completions", json=body)).raise_for_status()

        began = time.perf_counter()
        await asyncio.gather(*(send() for _ in range(in_flight)))
        seconds = time.perf_counter() - began
    queried = vllm.counter("prefix_cache_queries_total") - queried
    hit = vllm.counter("prefix_cache_hits_total") - hit
    return Run(seconds, hit / queried if queried else 0.0)


async def compare(vllm: Vllm, count: int, in_flight: int, rounds: int) -> Mapping[str, float]:
    figures: dict[str, float] = {}
    for name, part in (("shared", 1.0), ("mixed", 0.5)):
        plain = lines(count, shared=part)
        orders = {"plain": plain, "grouped": grouped(plain)}
        runs: dict[str, list[Run]] = {order: [] for order in orders}
        for number in range(rounds):
            for order, ordered in orders.items():
                salt = f"{name}-{order}-{number}"
                runs[order].append(await run(vllm, ordered, salt, in_flight))
                last = runs[order][-1]
                print(
                    f"{name:7} {order:8} {last.seconds:7.1f} s, {last.hits:.1%} cached", flush=True
                )
        pairs = zip(runs["plain"], runs["grouped"], strict=True)
        gain = statistics.median(plain.seconds / group.seconds for plain, group in pairs) - 1
        hits = {
            order: statistics.median(one.hits for one in measured)
            for order, measured in runs.items()
        }
        work = (1 - hits["plain"]) / (1 - hits["grouped"]) - 1
        print(
            f"{name}: grouping saves {work:+.1%} of the prompt tokens and {gain:+.1%} of the time"
        )
        figures |= {f"{name} gain in time": gain, f"{name} gain in prompt tokens": work}
        figures |= {f"{name} {order} hits": share for order, share in hits.items()}
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=200)
    parser.add_argument("--in-flight", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--model", default=SMOLLM2)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        running_vllm(options.model, Path(folder)) as vllm,
    ):
        figures = asyncio.run(compare(vllm, options.lines, options.in_flight, options.rounds))
    report(figures)


if __name__ == "__main__":
    main()
