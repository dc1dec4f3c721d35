from __future__ import annotations

import time
from typing import Any

import pytest

from documents.errors import EmptyDocument
from standin.scripted_engine import Answer, Request, ScriptedEngine
from tasks.drafting.result import LABEL, MOST_LISTED
from tasks.errors import OutputError
from tasks.minutes import MinutesOptions, MinutesResult, minutes, result_of
from tasks.minutes.model import MinutesAnswer
from tasks.model.split import Part
from tasks.text.quotes import Match
from tests.unit.tasks.documents import document

MEETING = document(
    "时间：2026年5月3日",
    "[00:01] 刘明：今天讨论市场清洁，预算定为20万元。",
    "[00:05] 王芳（市财政局）：同意。请城管队在5月20日前清完。",
    "刘明：好，就这样定。赵强负责联系。",
)


def said(**changes: Any) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "attendees": ["刘明", "赵强"],
        "topics": [{"title": "市场清洁", "summary": "讨论清洁和预算。"}],
        "decisions": [{"text": "预算定为20万元。", "quote": "预算定为20万元"}],
        "tasks": [
            {
                "what": "清洁市场。",
                "who": "城管队",
                "until": "2026年5月20日",
                "quote": "请城管队在5月20日前清完",
            }
        ],
    }
    return answer | changes


async def run(*answers: Answer, source: Any = MEETING) -> tuple[MinutesResult, ScriptedEngine]:
    """The last answer is repeated."""
    left = list(answers)
    engine = ScriptedEngine(lambda _: left.pop(0) if len(left) > 1 else left[0])
    return await minutes(source, MinutesOptions(), engine), engine


async def test_minutes_have_attendees_decisions_and_tasks() -> None:
    result, engine = await run(said())
    assert len(engine.requests) == 1
    assert result.draft
    assert result.checked
    assert result.text.startswith(LABEL)
    assert "人工核对" in result.label
    found = [(one.name, one.found_by.value) for one in result.attendees]
    assert found == [("刘明", "rule"), ("王芳", "rule"), ("赵强", "model")]
    assert [one.text for one in result.decisions] == ["预算定为20万元。"]
    task = result.tasks[0]
    assert (task.who, task.until) == ("城管队", "2026年5月20日")
    for quote in (result.decisions[0].quote, task.quote):
        assert MEETING.text[quote.start : quote.end] == quote.text


async def test_a_decision_with_an_invented_number_is_asked_for_again() -> None:
    wrong = said(decisions=[{"text": "预算定为35万元。", "quote": "预算定为20万元"}])
    result, engine = await run(wrong, said())
    assert len(engine.requests) == 2
    assert "35万" in engine.requests[1].prompt
    assert result.checked


async def test_remaining_faults_are_listed_with_their_positions() -> None:
    decision = {
        "text": "自2027年9月1日起由西渡县水务局办理，见国发〔2031〕7号。",
        "quote": "全体同意关闭市场",
    }
    task = {"what": "采购98台设备。", "who": "孙悟空", "until": "明年春节", "quote": "赵强负责联系"}
    result, engine = await run(said(decisions=[decision], tasks=[task]))
    assert len(engine.requests) == 2
    assert not result.checked
    found = {(one.kind, one.text) for one in result.unsupported}
    assert found == {
        ("date", "2027年9月1日"),
        ("organisation", "西渡县水务局"),
        ("issue_number", "国发〔2031〕7号"),
        ("quote", decision["text"]),
        ("number", "98"),
        ("name", "孙悟空"),
        ("date", "明年春节"),
    }
    for one in result.unsupported:
        assert result.text[one.start : one.end] == one.text
    assert result.decisions[0].quote.match is Match.none


async def test_attendees_who_are_not_in_the_transcript_are_refused_and_listed() -> None:
    result, _ = await run(said(attendees=["刘明", "孙悟空"]))
    assert "孙悟空" not in result.text
    assert result.refused_attendees == ["孙悟空"]
    assert not result.checked


async def test_a_worse_second_answer_is_not_used() -> None:
    wrong = said(attendees=["孙悟空"])
    worse = said(attendees=["孙悟空", "猪八戒"])
    result, _ = await run(wrong, worse)
    assert result.refused_attendees == ["孙悟空"]
    result, _ = await run(wrong, "no JSON")
    assert result.refused_attendees == ["孙悟空"]


@pytest.mark.parametrize("answer", ["no JSON", "[]", "{}", '{"attendees": [1]}'])
async def test_an_answer_that_is_not_minutes_is_an_output_error(answer: str) -> None:
    with pytest.raises(OutputError):
        await run(answer)


async def test_a_document_without_text_is_refused() -> None:
    with pytest.raises(EmptyDocument):
        await run(said(), source=document(" "))


async def test_a_long_transcript_is_split_and_the_answers_are_merged() -> None:
    lines = [f"发言人{number}号：第{number}项预算定为{number}万元。" for number in range(10, 90)]
    source = document(*lines)

    def each(request: Request) -> Answer:
        here = [line for line in lines if line in request.prompt]
        words = here[0].partition("：")[2]
        decision = {"text": words, "quote": here[0]}
        return said(attendees=[], topics=[], decisions=[decision, decision], tasks=[])

    engine = ScriptedEngine(each, context_tokens=2_048)
    result = await minutes(source, MinutesOptions(), engine)
    assert result.checked
    assert 1 < len(result.decisions) == len(engine.requests)
    starts = [one.quote.start for one in result.decisions]
    assert starts == sorted(starts)
    assert engine.reports[-1] == (len(engine.requests), len(engine.requests))


def test_the_lists_of_long_minutes_stay_short_and_count_the_rest() -> None:
    source = document(
        *(f"员工{chr(0x4E00 + n // 200)}{chr(0x4E00 + n % 200)}：好的。" for n in range(3_000))
    )
    answer = MinutesAnswer.model_validate(said(attendees=[f"缺席{n}" for n in range(40)]))
    parts = [(Part(0, len(source.text)), answer)] * 50
    started = time.process_time()
    result = result_of(source, parts)
    assert time.process_time() - started < 60
    assert len(result.attendees) == MOST_LISTED
    assert result.not_listed >= 2_000
