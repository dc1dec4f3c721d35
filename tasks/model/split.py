"""Splits a document that does not fit the model's context into parts."""

from __future__ import annotations

import asyncio
from bisect import bisect_left, bisect_right
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeVar

from documents.document import BlockKind, Document
from documents.errors import EmptyDocument
from documents.isolation.compute import compute
from tasks.engine import Engine
from tasks.errors import OptionsTooLong
from tasks.text.sentences import sentence_ends

Work = TypeVar("Work")
Done = TypeVar("Done")

# Of the pieces of one list. A long document has thousands, and to cancel a coroutine for each takes
# seconds; the engine works on far fewer at a time.
MOST_AT_ONCE = 64
# A byte-level tokenizer gives at most one token a byte, plus a few special tokens.
_ENDS = 4


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a document; `start` and `end` are offsets into `Document.text`."""

    start: int
    end: int


async def split(
    document: Document,
    max_tokens: int,
    engine: Engine,
    render: Callable[[Part], str] | None = None,
) -> tuple[Part, ...]:
    """Consecutive parts that cover the document, each of at most `max_tokens` tokens.

    Parts end at the end of a block; a block that is too long is cut at the end of a sentence, and a
    sentence that is too long, anywhere. `render` returns the text to count; default: the part's own
    text. Raises `EmptyDocument` where the document has no text.
    """
    if not document.text.strip():
        raise EmptyDocument("The document has no text. Send one with text.")
    cuts = _block_cuts(document)
    text = document.text

    def text_of(part: Part) -> str:
        return render(part) if render else document.text[part.start : part.end]

    async def fitting(part: Part) -> list[Part]:
        tokens = await _count(text_of(part), max_tokens, engine)
        if tokens <= max_tokens:
            return [part]
        if part.end - part.start == 1:
            raise OptionsTooLong("The model's context is too short for any part of the document.")
        here = cuts[bisect_right(cuts, part.start) : bisect_left(cuts, part.end)]
        ends = await compute(
            cut_evenly,
            text[part.start : part.end],
            [cut - part.start for cut in here],
            tokens / max(1, max_tokens),
        )
        edges = [part.start, *(part.start + end for end in ends)]
        smaller = [Part(start, end) for start, end in pairwise(edges)]
        groups = await asyncio.gather(*(fitting(piece) for piece in smaller))
        return [piece for group in groups for piece in group]

    return tuple(await fitting(Part(0, len(document.text))))


async def _count(text: str, max_tokens: int, engine: Engine) -> int:
    if len(text.encode()) + _ENDS <= max_tokens:
        return 0
    return await engine.count_tokens(text)


def _block_cuts(document: Document) -> list[int]:
    """Offsets of blocks, except of those after a heading, which stay with it."""
    return [
        block.start
        for before, block in zip(document.blocks, document.blocks[1:], strict=False)
        if before.kind is not BlockKind.heading
    ]


def cut_evenly(text: str, cuts: Sequence[int], ratio: float) -> list[int]:
    """Cut a text that is `ratio` times too long into two or more pieces of similar length.

    Returns the ends of the pieces. `cuts` are the offsets of blocks in the text.
    """
    length = len(text)
    pieces = max(2, int(ratio * 1.05) + 1)
    target = max(1, -(-length // pieces))
    slack = target if pieces == 2 else max(target, int(length / (ratio * 1.05)))
    start, ends = 0, []
    while length - start > slack:
        start = _cut(text, cuts, start, min(length, start + slack))
        ends.append(start)
    return [*ends, length]


def excerpt(document: Document, part: Part) -> Document:
    """The document of one part alone; its offsets begin at `part.start`."""
    first = bisect_right(document.blocks, part.start, key=lambda block: block.end)
    last = bisect_left(document.blocks, part.end, key=lambda block: block.start)
    blocks = tuple(
        replace(
            block,
            start=max(block.start, part.start) - part.start,
            end=min(block.end, part.end) - part.start,
        )
        for block in document.blocks[first:last]
    )
    return Document(
        text=document.text[part.start : part.end],
        blocks=blocks,
        media_type=document.media_type,
        pages=document.pages,
    )


def _cut(text: str, cuts: Sequence[int], start: int, limit: int) -> int:
    """The best cut after `start` up to `limit`: between blocks, else sentences, else words."""
    after = bisect_right(cuts, limit)
    block = cuts[after - 1] if after and cuts[after - 1] > start else None
    next_block = cuts[after] if after < len(cuts) else len(text)
    longest = limit - start
    if block is not None and next_block - block <= longest:
        return block
    # Shorter pieces would be as many as the text's length allows.
    first = start + longest // 8
    ends = [end for end in sentence_ends(text, start, limit) if first < end < limit]
    if ends and (block is None or ends[-1] > block):
        return ends[-1]
    if block is not None:
        return block
    space = max(text.rfind(" ", start, limit), text.rfind("\n", start, limit)) + 1
    return space if space > start + longest // 2 else limit


async def work_on_all(
    pieces: Sequence[Work],
    work: Callable[[Work], Awaitable[Done]],
    engine: Engine,
    *,
    more_steps: int = 0,
) -> list[Done]:
    """Work on all pieces concurrently; the results are in the order of `pieces`.

    Reports to `engine.progress` as each is done, with `more_steps` still to follow. The first
    failure cancels the rest and is raised.
    """
    total = len(pieces) + more_steps
    finished = 0

    async def work_and_report(piece: Work) -> Done:
        nonlocal finished
        done = await work(piece)
        finished += 1
        engine.progress(finished, total)
        return done

    engine.progress(0, total)
    return await all_at_once(pieces, work_and_report)


async def all_at_once(
    pieces: Sequence[Work], work: Callable[[Work], Awaitable[Done]]
) -> list[Done]:
    """Like `work_on_all`, without reporting progress."""
    results: dict[int, Done] = {}
    remaining = iter(enumerate(pieces))

    async def work_on_remaining() -> None:
        for number, piece in remaining:
            results[number] = await work(piece)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(min(len(pieces), MOST_AT_ONCE)):
                group.create_task(work_on_remaining())
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return [results[number] for number in range(len(pieces))]
