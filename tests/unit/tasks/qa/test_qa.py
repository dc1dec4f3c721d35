from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from documents.errors import EmptyDocument
from standin.scripted_engine import Answer, Request, ScriptedEngine
from tasks.drafting.result import LABEL
from tasks.errors import OutputError
from tasks.qa import QaOptions, QaResult, qa
from tests.unit.tasks.documents import MIXED, document

NOTICE = document(
    "市场于2026年5月3日清洁，由市城管局负责。",
    "摊位费每日45元，逾期不退。",
    page_of=(1, 2),
)


def said(answer: str, *quotes: str, found: bool = True) -> dict[str, Any]:
    return {"found": found, "answer": answer, "quotes": list(quotes)}


async def run(
    *answers: Answer, source: Any = NOTICE, question: str = "市场何时清洁？"
) -> tuple[QaResult, ScriptedEngine]:
    """The last answer is repeated."""
    left = list(answers)
    engine = ScriptedEngine(lambda _: left.pop(0) if len(left) > 1 else left[0])
    return await qa(source, QaOptions(questions=[question]), engine), engine


async def test_an_answer_has_quotes_with_their_offsets() -> None:
    result, engine = await run(said("2026年5月3日。", "市场于2026年5月3日清洁", "不在文中的话"))
    assert len(engine.requests) == 1
    answer = result.answers[0]
    assert answer.found
    assert answer.answer == "2026年5月3日。"
    assert [quote.text for quote in answer.quotes] == ["市场于2026年5月3日清洁"]
    assert NOTICE.text[answer.quotes[0].start : answer.quotes[0].end] == answer.quotes[0].text
    assert answer.quotes[0].page == 1
    assert answer.whole_document
    assert result.draft
    assert result.text == f"{LABEL}\n\n1. 市场何时清洁？\n2026年5月3日。"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (said("", found=False), "not-in-document"),
        (said("明天。", "市场于明天清洁", found=False), "not-in-document"),
        (said("明天。"), "no-quote"),
        (said("明天。", "市场于明天清洁"), "no-quote"),
        (said("明天。", "的", "，", "市"), "no-quote"),
        (said("2026年6月4日。", "市场于2026年5月3日清洁"), "not-in-quotes"),
        (said("每日45元。", "市场于2026年5月3日清洁"), "not-in-quotes"),
        (said("西渡县水务局负责。", "由市城管局负责"), "not-in-quotes"),
        (said("见国发〔2031〕7号。", "由市城管局负责"), "not-in-quotes"),
        (said("星期天晚上。", "摊位费每日45元"), "unrelated"),
    ],
)
async def test_an_answer_that_the_document_does_not_support_is_not_found(
    answer: dict[str, Any], reason: str
) -> None:
    result, _ = await run(answer)
    one = result.answers[0]
    assert (one.found, one.answer, one.quotes) == (False, None, [])
    assert one.reason == reason
    assert "未找到" in result.text
    assert "明天" not in result.text


async def test_a_refused_answer_is_asked_for_once_more() -> None:
    good = said("2026年5月3日。", "市场于2026年5月3日清洁")
    result, engine = await run(said("明天。", "市场于明天清洁"), good)
    assert len(engine.requests) == 2
    assert result.answers[0].found


async def test_a_model_that_found_nothing_is_not_asked_twice() -> None:
    _, engine = await run(said("", found=False))
    assert len(engine.requests) == 1


async def test_yes_and_no_need_a_quote_about_what_was_asked() -> None:
    result, _ = await run(said("否。", "逾期不退"), question="逾期退费吗？")
    assert result.answers[0].found
    result, _ = await run(said("否。", "由市城管局负责"), question="逾期退费吗？")
    assert result.answers[0].reason == "unrelated"


async def test_the_likeliest_sections_of_a_long_document_are_looked_through() -> None:
    lines = [f"第{number}号摊位由第{number}组管理，每日开放。" for number in range(10, 99)]
    source = document(*lines, "游泳馆周一闭馆检修。")

    def each(request: Request) -> Answer:
        there = "游泳馆周一闭馆" in request.prompt
        return said("周一闭馆。", "游泳馆周一闭馆") if there else said("", found=False)

    engine = ScriptedEngine(each, context_tokens=1_600)
    options = QaOptions(questions=["游泳馆哪天闭馆？"], most_sections=1)
    result = await qa(source, options, engine)
    assert len(engine.requests) == 1
    assert result.answers[0].found
    assert not result.answers[0].whole_document
    section = result.answers[0].looked_at[0]
    assert "游泳馆" in source.text[section.start : section.end]


@pytest.mark.parametrize("answer", ["no JSON", "[]", "{}", '{"found": true}'])
async def test_a_malformed_answer_is_an_output_error(answer: str) -> None:
    with pytest.raises(OutputError):
        await run(answer)


async def test_a_document_without_text_is_refused() -> None:
    with pytest.raises(EmptyDocument):
        await run(said("", found=False), source=document(" "))


def test_questions_are_few_and_not_blank() -> None:
    for questions in ([], ["何时？"] * 21, [""]):
        with pytest.raises(ValidationError):
            QaOptions(questions=questions)


@settings(deadline=None)
@given(answer=MIXED, quotes=st.lists(MIXED, max_size=3))
async def test_every_answer_has_quotes_that_are_in_the_document(
    answer: str, quotes: list[str]
) -> None:
    result, _ = await run(said(answer, *quotes))
    one = result.answers[0]
    assert one.found == bool(one.quotes) == (one.answer is not None) == (one.reason is None)
    for quote in one.quotes:
        assert NOTICE.text[quote.start : quote.end] == quote.text
