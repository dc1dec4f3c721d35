from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from documents.errors import EmptyDocument
from standin.scripted_engine import Answer, Request, ScriptedEngine
from tasks.engine import Completion
from tasks.errors import OptionsTooLong, OutputError
from tasks.summarize import SummarizeOptions, SummarizeResult, summarize
from tasks.text.quotes import Match
from tasks.text.words import count_words
from tests.unit.tasks.documents import MIXED, document

NOTICE = document(
    "The market is closed from 3 May to 5 May.",
    "Fees of 45 euros are paid back. Ask No. 7 Hill Street before 30 May.",
    page_of=(1, 2),
)


def said(*sentences: tuple[str, list[int]]) -> dict[str, Any]:
    return {"sentences": [{"text": text, "sources": sources} for text, sources in sentences]}


async def run(answer: Any, source: Any = NOTICE, **options: Any) -> SummarizeResult:
    engine = ScriptedEngine(answer if callable(answer) else lambda _: answer)
    return await summarize(source, SummarizeOptions(**options), engine)


async def test_each_sentence_comes_with_the_sources_own_words() -> None:
    result = await run(said(("Fees come back.", [2]), ("Closed in May.", [1, 3])))
    assert result.summary == "Fees come back. Closed in May."
    assert result.words == 6
    first, second = result.sentences
    assert [quote.text for quote in first.quotes] == ["Fees of 45 euros are paid back."]
    assert [quote.page for quote in second.quotes] == [1, 2]
    assert second.quotes[1].text == "Ask No. 7 Hill Street before 30 May."
    for quote in [*first.quotes, *second.quotes]:
        assert NOTICE.text[quote.start : quote.end] == quote.text
        assert quote.match is Match.exact


async def test_sources_that_do_not_exist_are_ignored_and_the_sentence_has_no_quotes() -> None:
    result = await run(said(("Fees come back.", [0, 9, -1])))
    assert result.sentences[0].quotes == []


async def test_numbers_are_looked_for_in_the_quotes_and_in_the_source() -> None:
    result = await run(said(("Fees of 54 euros until 30 May and 45 in all.", [2])))
    assert result.sentences[0].unsupported_numbers == ["54"]
    assert result.sentences[0].unquoted_numbers == ["30"]
    assert result.unsupported_numbers == ["54"]


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("全市共有三千二百一十五人参加。", "3215人参加。"),
        ("拨付１２０００元。", "拨付1.2万元。"),
        ("Two of them came on 5.5.2026.", "2 came on 5.5.2026."),
        ("It costs 1,250,000 euros.", "It costs 1.25 million euros."),
    ],
)
async def test_a_number_is_the_same_however_it_is_written(source: str, sentence: str) -> None:
    result = await run(said((sentence, [1])), document(source))
    assert result.unsupported_numbers == []


@given(
    texts=st.lists(MIXED.filter(lambda text: count_words(text) > 0), min_size=1, max_size=6),
    most=st.integers(20, 60),
)
async def test_a_summary_never_has_more_words_than_asked_for(texts: list[str], most: int) -> None:
    answer = said(*((text * 4, [1]) for text in texts))
    result = await run(answer, max_words=most)
    assert result.words == count_words(result.summary) <= most


async def test_whole_sentences_are_left_out_at_the_end() -> None:
    result = await run(
        said(("One two three four five six seven eight nine ten.", [1]), ("Eleven " * 15, [2])),
        max_words=20,
    )
    assert result.summary == "One two three four five six seven eight nine ten."
    assert result.shortened


async def test_a_chinese_summary_is_joined_without_spaces() -> None:
    result = await run(
        said(("市场关闭。", [1]), ("费用退还。", [2])), document("市场关闭。费用退还。")
    )
    assert result.summary == "市场关闭。费用退还。"
    assert result.words == 8


async def test_the_schema_allows_only_numbers_of_existing_sentences() -> None:
    engine = ScriptedEngine(lambda _: said(("Fees.", [1])))
    await summarize(NOTICE, SummarizeOptions(), engine)
    guided = Draft202012Validator(engine.requests[0].schema)  # type: ignore[arg-type]
    assert guided.is_valid(said(("Fees.", [3])))
    assert not guided.is_valid(said(("Fees.", [4])))
    assert not guided.is_valid(said(("Fees.", [])))


def long_document(paragraphs: int = 100) -> Any:
    return document(*(f"Item {number} was decided by the council." for number in range(paragraphs)))


def echo(request: Request) -> Answer:
    """Repeats the first two source sentences."""
    lines = re.findall(r"^\[(\d+)\] (.*)$", request.prompt, re.MULTILINE)
    return said(*((text, [int(number)]) for number, text in lines[:2]))


async def test_a_long_document_is_summarised_in_parts_that_are_merged_with_their_quotes() -> None:
    source = long_document()
    engine = ScriptedEngine(echo, context_tokens=900)
    result = await summarize(source, SummarizeOptions(max_words=20), engine)
    parts = engine.reports[-1][0] - 1
    assert parts > 2
    assert len(engine.requests) > parts
    assert engine.reports == [(done, parts + 1) for done in range(parts + 2)]
    for sentence in result.sentences:
        assert [quote.text for quote in sentence.quotes] == [sentence.text]


async def test_partial_summaries_that_do_not_fit_one_request_are_merged_in_steps() -> None:
    engine = ScriptedEngine(echo, context_tokens=700)
    result = await summarize(long_document(600), SummarizeOptions(max_words=20), engine)
    parts = engine.reports[-1][0] - 1
    assert len(engine.requests) > parts + 2
    assert 0 < result.words <= 20
    assert all(sentence.quotes for sentence in result.sentences)


@pytest.mark.parametrize(
    "answer", ["no JSON", "[]", '{"sentences": [{"sources": [1]}]}', '{"sentences": []}', "{}"]
)
async def test_an_answer_that_is_not_a_summary_is_an_output_error(answer: str) -> None:
    with pytest.raises(OutputError):
        await run(answer)


async def test_an_answer_that_was_cut_off_says_so() -> None:
    with pytest.raises(OutputError, match="cut off"):
        await run(lambda _: Completion('{"sentences": [{"te', "length"))


async def test_a_document_without_text_is_refused() -> None:
    with pytest.raises(EmptyDocument):
        await run(said(), document(" "))


async def test_a_context_without_room_is_refused() -> None:
    engine = ScriptedEngine(lambda _: said(), context_tokens=256)
    with pytest.raises(OptionsTooLong):
        await summarize(NOTICE, SummarizeOptions(), engine)


async def test_focus_and_language_are_in_the_prompt() -> None:
    engine = ScriptedEngine(lambda _: said(("Gebühren.", [1])))
    await summarize(NOTICE, SummarizeOptions(language="German", focus="the fees"), engine)
    assert "German" in engine.requests[0].prompt
    assert "the fees" in engine.requests[0].prompt
