from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.document import Document
from documents.errors import EmptyDocument
from standin.scripted_engine import Request, ScriptedEngine
from tasks.errors import OptionsTooLong, OutputError
from tasks.model.split import MOST_AT_ONCE, Part, all_at_once, cut_evenly, split, work_on_all
from tests.unit.tasks.documents import document, documents


def silent(_: Request) -> str:
    return ""


def texts(source: Document, parts: tuple[Part, ...]) -> list[str]:
    return [source.text[part.start : part.end] for part in parts]


@given(source=documents(), most=st.integers(6, 200))
async def test_parts_cover_the_document_in_order_and_fit(source: Document, most: int) -> None:
    engine = ScriptedEngine(silent)
    parts = await split(source, most, engine)
    assert "".join(texts(source, parts)) == source.text
    assert all(before.end == after.start for before, after in pairwise(parts))
    assert all(engine.tokens(text) <= most for text in texts(source, parts))


async def test_a_short_document_is_one_part_and_nothing_is_counted() -> None:
    engine = ScriptedEngine(silent)
    assert await split(document("短文。"), 100, engine) == (Part(0, 3),)
    assert engine.counted_texts == []


async def test_parts_end_where_paragraphs_end() -> None:
    source = document(*(f"Paragraph {number} says a thing. And more." for number in range(40)))
    parts = await split(source, 60, ScriptedEngine(silent))
    assert len(parts) > 5
    assert all(text.startswith("Paragraph") for text in texts(source, parts))


async def test_a_paragraph_that_is_too_long_is_cut_where_sentences_end() -> None:
    source = document("这是一个比较长的句子，说明情况。" * 60)
    parts = await split(source, 200, ScriptedEngine(silent))
    assert len(parts) > 5
    assert all(text.endswith("。") for text in texts(source, parts))


async def test_a_heading_stays_with_what_follows_it() -> None:
    paragraphs = [f"{'x' * 110} {number}" for number in range(4)]
    source = document("A heading", *paragraphs, headings=1)
    parts = await split(source, 45, ScriptedEngine(silent))
    assert texts(source, parts)[0].startswith("A heading\n\nxxx")


async def test_few_tokens_are_counted_beyond_one_count_for_each_part() -> None:
    source = document(*(f"第{number}条　本办法自发布之日起施行。" * 4 for number in range(400)))
    engine = ScriptedEngine(silent)
    parts = await split(source, 800, engine)
    assert len(engine.counted_texts) <= 2 * len(parts)


async def test_a_document_without_text_is_refused() -> None:
    with pytest.raises(EmptyDocument):
        await split(document(" \n "), 100, ScriptedEngine(silent))


async def test_a_context_without_room_for_a_character_is_refused() -> None:
    with pytest.raises(OptionsTooLong):
        await split(document("中" * 20), 0, ScriptedEngine(silent))


async def test_progress_is_reported_as_parts_are_done() -> None:
    engine = ScriptedEngine(silent)

    async def work(number: int) -> int:
        return number * 2

    assert await work_on_all([1, 2], work, engine, more_steps=1) == [2, 4]
    assert engine.reports == [(0, 3), (1, 3), (2, 3)]


async def test_one_failing_part_cancels_the_others_and_is_raised_as_itself() -> None:
    cancelled = []

    async def work(number: int) -> None:
        if number == 0:
            raise OutputError("no")
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.append(number)
            raise

    with pytest.raises(OutputError):
        await work_on_all([1, 0, 2], work, ScriptedEngine(silent))
    assert sorted(cancelled) == [1, 2]


@pytest.mark.parametrize("unit", ["Mr. ", "a. \n", "市", "。", " ", "x" * 399 + ". Mr. "])
def test_pieces_are_not_many_more_than_needed(unit: str) -> None:
    text = (unit * 40_000)[:40_000]
    ends = cut_evenly(text, [], 10.0)
    assert ends[-1] == len(text)
    assert len(ends) <= 80


async def test_a_long_list_is_worked_on_a_bounded_number_at_a_time() -> None:
    begun, most, end = 0, 0, asyncio.Event()

    async def work(piece: int) -> int:
        nonlocal begun, most
        begun += 1
        most = max(most, begun)
        await end.wait()
        begun -= 1
        return -piece

    pieces = range(10 * MOST_AT_ONCE)
    running = asyncio.create_task(all_at_once(pieces, work))
    async with asyncio.timeout(10):
        while begun < MOST_AT_ONCE:
            await asyncio.sleep(0)
    assert len(asyncio.all_tasks()) <= MOST_AT_ONCE + 2
    end.set()
    assert await running == [-piece for piece in pieces]
    assert most == MOST_AT_ONCE
