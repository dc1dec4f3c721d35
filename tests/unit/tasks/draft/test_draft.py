from __future__ import annotations

from typing import Any

import pytest

from documents.errors import EmptyDocument
from standin.scripted_engine import Answer, Request, ScriptedEngine
from tasks.draft import DraftedResult, DraftOptions, draft
from tasks.draft.form import ENDINGS, is_ending, title_of, without_number
from tasks.drafting.result import LABEL
from tasks.errors import OutputError
from tasks.official_layout.kinds import Kind, kind_of_title
from tests.unit.tasks.documents import document

FACTS = document("市场于2026年5月3日清洁，费用20万元，由市城管局负责。")


def said(**changes: Any) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "subject": "清洁市场",
        "opening": "为改善环境，定于2026年5月3日清洁市场。",
        "sections": [
            {"heading": "一、职责", "paragraphs": ["由市城管局负责。"]},
            {"heading": "2.经费", "paragraphs": ["费用20万元。", "特此通知。"]},
        ],
    }
    return answer | changes


async def run(
    *answers: Answer, source: Any = FACTS, **options: Any
) -> tuple[DraftedResult, ScriptedEngine]:
    """The last answer is repeated."""
    left = list(answers)
    engine = ScriptedEngine(lambda _: left.pop(0) if len(left) > 1 else left[0])
    chosen = DraftOptions.model_validate({"kind": "通知"} | options)
    return await draft(source, chosen, engine), engine


async def test_title_numbers_and_ending_are_set_by_rule() -> None:
    result, _ = await run(said(), recipient="各科室", issuer="临江市人民政府")
    assert result.checked
    assert result.text == "\n\n".join(
        [
            LABEL,
            "临江市人民政府关于清洁市场的通知",
            "各科室：",
            "为改善环境，定于2026年5月3日清洁市场。",
            "一、职责",
            "由市城管局负责。",
            "二、经费",
            "费用20万元。",
            "特此通知。",
            "临江市人民政府",
        ]
    )
    assert result.draft
    assert result.date is None


async def test_invented_facts_are_asked_for_again_and_then_listed_with_their_offsets() -> None:
    wrong = said(opening="定于2027年6月4日由西渡县水务局清洁，费用98万元，见国发〔2031〕7号。")
    result, engine = await run(wrong, said())
    assert result.checked
    assert "西渡县水务局" in engine.requests[1].prompt
    result, _ = await run(wrong)
    assert not result.checked
    found = {one.kind: one.text for one in result.unsupported}
    assert found == {
        "date": "2027年6月4日",
        "organisation": "西渡县水务局",
        "number": "98万",
        "issue_number": "国发〔2031〕7号",
    }
    for one in result.unsupported:
        assert result.text[one.start : one.end] == one.text


async def test_facts_may_come_from_the_options() -> None:
    result, _ = await run(said(opening="于2027年6月4日清洁。"), instructions="清洁改在2027年6月4日")
    assert result.checked


@pytest.mark.parametrize("kind", Kind)
async def test_every_kind_ends_as_it_should_and_has_its_word_in_the_title(kind: Kind) -> None:
    opening = "临江市《关于清洁市场的请示》收悉，同意于2026年5月3日清洁。"
    result, _ = await run(said(opening=opening), kind=kind.value)
    assert kind_of_title(result.title) is kind
    assert result.ending == ENDINGS.get(kind)
    assert [one.rule for one in result.wording] == []


async def test_a_report_with_a_request_breaks_a_wording_rule() -> None:
    result, engine = await run(said(opening="恳请拨付20万元。"), kind="报告")
    assert "report.no_request" in [one.rule for one in result.wording]
    assert not result.checked
    assert "a 报告 without a request" in engine.requests[1].prompt


async def test_marks_for_missing_facts_are_counted() -> None:
    result, _ = await run(said(opening="定于【待补】清洁，由【待补】检查。"))
    assert result.open_places == 2


async def test_a_public_announcement_has_no_recipient() -> None:
    result, _ = await run(said(), kind="公告", recipient="各科室")
    assert result.recipient is None


@pytest.mark.parametrize(
    "answer",
    ["no JSON", "[]", "{}", '{"subject": "x", "opening": " ", "sections": []}'],
)
async def test_an_answer_that_is_not_a_document_is_an_output_error(answer: str) -> None:
    with pytest.raises(OutputError):
        await run(answer)


async def test_a_document_without_text_is_refused() -> None:
    with pytest.raises(EmptyDocument):
        await run(said(), source=document(" "))


async def test_facts_longer_than_the_context_are_worked_on_in_parts() -> None:
    lines = [f"第{number}号市场由第{number}组清洁。" for number in range(10, 99)]

    def each(request: Request) -> Answer:
        here = next(line for line in lines if line in request.prompt)
        return said(opening=here, sections=[{"heading": "", "paragraphs": [here]}])

    engine = ScriptedEngine(each, context_tokens=1_500)
    chosen = DraftOptions.model_validate({"kind": "通知"})
    result = await draft(document(*lines), chosen, engine)
    assert len(engine.requests) > 1
    assert result.checked
    assert len(result.sections) == 2 * len(engine.requests) - 1


@pytest.mark.parametrize(
    ("subject", "title"),
    [
        ("清洁市场", "关于清洁市场的通知"),
        ("关于清洁市场的通知", "关于清洁市场的通知"),
        ("《市政府关于清洁市场》。", "关于清洁市场的通知"),
        ("市场的清洁", "关于市场的清洁的通知"),
    ],
)
def test_a_title_is_the_same_whatever_form_the_subject_has(subject: str, title: str) -> None:
    assert title_of(Kind.notice, subject, None) == title


def test_endings_and_numbered_headings_are_recognised() -> None:
    assert all(is_ending(ending) for ending in ENDINGS.values())
    assert not is_ending("请各单位办理，特此通知。")
    assert without_number("（三）经费：") == without_number("3.经费") == "经费"
