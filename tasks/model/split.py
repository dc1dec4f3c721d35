"""A document that is longer than a model's context is worked on in parts."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from documents.document import BlockKind, Document
from documents.errors import EmptyDocument
from tasks.engine import Engine
from tasks.errors import OptionsTooLong
from tasks.text.sentences import sentence_ends

Work = TypeVar("Work")
Done = TypeVar("Done")

# Byte-level vocabularies never have more tokens than bytes; a few are added at the ends.
_ENDS = 4


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a document; `start` and `end` are offsets into `Document.text`."""

    start: int
    end: int


async def split(
    document: Document,
    max_tokens: int,
    engine: Engine,
    render: Callable[[Part], str] | None = None,
) -> tuple[Part, ...]:
    """Parts in order that cover the document, each of at most `max_tokens` tokens.

    They end where a block ends; a block that is too long by itself is cut where a sentence ends,
    and a sentence that is too long, anywhere. `render` makes the text that is counted, the part's
    own text unless given. Raises `EmptyDocument` where there is no text.
    """
    if not document.text.strip():
        raise EmptyDocument("The document holds no text. Send one that does.")
    cuts = _block_cuts(document)

    def text_of(part: Part) -> str:
        return render(part) if render else document.text[part.start : part.end]

    async def fitting(part: Part) -> list[Part]:
        tokens = await _count(text_of(part), max_tokens, engine)
        if tokens <= max_tokens:
            return [part]
        if part.end - part.start == 1:
            raise OptionsTooLong("The model's context is too short for any part of the document.")
        smaller = list(_cut_evenly(document.text, cuts, part, tokens / max(1, max_tokens)))
        found = await asyncio.gather(*(fitting(piece) for piece in smaller))
        return [piece for pieces in found for piece in pieces]

    return tuple(await fitting(Part(0, len(document.text))))


async def _count(text: str, max_tokens: int, engine: Engine) -> int:
    if len(text.encode()) + _ENDS <= max_tokens:
        return 0
    return await engine.count_tokens(text)


def _block_cuts(document: Document) -> list[int]:
    """Where blocks begin, but for what follows a heading, which stays with it."""
    return [
        block.start
        for before, block in zip(document.blocks, document.blocks[1:], strict=False)
        if before.kind is not BlockKind.heading
    ]


def _cut_evenly(text: str, cuts: Sequence[int], part: Part, ratio: float) -> Iterator[Part]:
    """Pieces of about the same length, at least two, for a part that is `ratio` times too long."""
    length = part.end - part.start
    pieces = max(2, int(ratio * 1.05) + 1)
    target = max(1, -(-length // pieces))
    slack = target if pieces == 2 else max(target, int(length / (ratio * 1.05)))
    start = part.start
    while part.end - start > slack:
        cut = _cut(text, cuts, start, min(part.end, start + slack))
        yield Part(start, cut)
        start = cut
    yield Part(start, part.end)


def _cut(text: str, cuts: Sequence[int], start: int, limit: int) -> int:
    """Where to cut after `start` and up to `limit`: between blocks, else sentences, else words."""
    after = bisect_right(cuts, limit)
    block = cuts[after - 1] if after and cuts[after - 1] > start else None
    next_block = cuts[after] if after < len(cuts) else len(text)
    longest = limit - start
    if block is not None and next_block - block <= longest:
        return block
    ends = [end for end in sentence_ends(text, start, limit) if start < end < limit]
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
    """Work on all at once and tell `engine.progress` as each is done, in the order of `pieces`.

    The first failure cancels the rest and is raised. `more_steps` are still to come after these.
    """
    total = len(pieces) + more_steps
    finished = 0

    async def one(piece: Work) -> Done:
        nonlocal finished
        done = await work(piece)
        finished += 1
        engine.progress(finished, total)
        return done

    engine.progress(0, total)
    return await all_at_once(pieces, one)


async def all_at_once(
    pieces: Sequence[Work], work: Callable[[Work], Awaitable[Done]]
) -> list[Done]:
    """Like `work_on_all`, without telling any progress."""

    async def one(piece: Work) -> Done:
        return await work(piece)

    try:
        async with asyncio.TaskGroup() as group:
            running = [group.create_task(one(piece)) for piece in pieces]
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return [task.result() for task in running]
