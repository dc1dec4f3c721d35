"""The doubts of each task, and that a good result has none."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from standin.scripted_engine import ScriptedEngine
from tasks.classify import ClassifyOptions, ClassifyResult
from tasks.doubts import Doubt
from tasks.registry import TASKS
from tests.unit.tasks.documents import document

NOTICE = document("The market is closed from 3 May to 5 May.", "Fees of 45 euros are paid back.")
CHINESE = document("市场于五月三日关闭。费用四十五元将退还。")
BILL = document("Your bill 2026-1187 asks for 1,250 euros by 12 March.", "Anna Lind")


async def doubts(task: str, source: Any, options: dict[str, Any], answer: Any) -> Sequence[str]:
    """The doubts about the result for this answer of the model."""
    given = TASKS[task].options.model_validate(options)
    result = await TASKS[task].run(source, given, ScriptedEngine(lambda _: answer))
    find = TASKS[task].doubts
    assert find is not None
    return find(source, given, result)


def said(text: str, sources: list[int]) -> dict[str, Any]:
    return {"sentences": [{"text": text, "sources": sources}]}


def test_every_doubt_is_explained_to_departments() -> None:
    page = (Path(__file__).parents[3] / "docs" / "tasks.md").read_text()
    assert [doubt for doubt in Doubt if f"`{doubt.value}`" not in page] == []


def test_tasks_for_a_fast_model_have_doubts() -> None:
    assert {name for name, task in TASKS.items() if task.doubts is not None} >= {
        "summarize",
        "extract",
        "classify",
    }


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (said("Fees of 45 euros come back.", [2]), []),
        (said("Fees of 54 euros come back.", [2]), [Doubt.number_not_in_source]),
        (said("Fees of 45 euros come back.", [1]), [Doubt.number_not_in_quotes]),
        (said("Fees come back.", [9]), [Doubt.sentence_without_quote]),
        (said("Fees come back " * 9, [2]), [Doubt.too_long]),
        (said("费用四十五元将退还。", [2]), [Doubt.wrong_language]),
        (
            said("Fees of 54 euros come back.", [9]),
            [Doubt.number_not_in_source, Doubt.sentence_without_quote],
        ),
    ],
)
async def test_a_summary_is_doubted_where_its_checks_fail(answer: Any, found: list[Doubt]) -> None:
    assert await doubts("summarize", NOTICE, {"max_words": 20}, answer) == found


async def test_a_summary_in_the_language_asked_for_is_not_doubted() -> None:
    answer = said("Fees of 45 come back.", [2])
    assert await doubts("summarize", CHINESE, {}, answer) == [Doubt.wrong_language]
    assert await doubts("summarize", CHINESE, {"language": "English"}, answer) == []
    assert await doubts("summarize", CHINESE, {}, said("费用四十五元将退还。", [2])) == []


def leaf(value: Any, quote: str) -> dict[str, Any]:
    return {"quote": quote, "value": value}


def asking(*required: str, **properties: Any) -> dict[str, Any]:
    fields = properties or {"sender": {"type": "string"}, "amount": {"type": "number"}}
    return {"schema": {"type": "object", "properties": fields, "required": list(required)}}


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        ({"sender": leaf("Anna Lind", "Anna Lind"), "amount": leaf(1250, "1,250 euros")}, []),
        ({"sender": leaf("Anna Lind", "Anna Lind"), "amount": None}, []),
        ({"sender": None, "amount": None}, [Doubt.nothing_found]),
        (
            {"sender": leaf("Anna Lind", "Anna Lind"), "amount": leaf(1520, "1,250 euros")},
            [Doubt.number_not_in_source],
        ),
        (
            {"sender": leaf("Bo Berg", "Anna Lind"), "amount": leaf(1250, "1,250 euros")},
            [Doubt.value_not_in_source],
        ),
        (
            {"sender": leaf("Anna Lind", "Your bill"), "amount": None},
            [Doubt.value_not_in_quote],
        ),
        (
            {"sender": None, "amount": leaf(7, "seven euros")},
            [Doubt.quote_not_found, Doubt.number_not_in_source],
        ),
    ],
)
async def test_values_are_doubted_where_their_checks_fail(answer: Any, found: list[Doubt]) -> None:
    assert await doubts("extract", BILL, asking(), answer) == found


async def test_a_required_value_that_was_not_found_is_a_doubt() -> None:
    long = document(*["The bill of Anna Lind is paid. " * 20] * 20)
    answer = {"sender": leaf("Anna Lind", "Anna Lind"), "amount": None}
    assert await doubts("extract", long, asking("amount"), answer) == [Doubt.value_missing]


async def test_a_value_that_the_schema_lists_need_not_be_in_the_source() -> None:
    answer = {"kind": leaf("invoice", "Your bill")}
    free, listed = asking(kind={"type": "string"}), asking(kind={"enum": ["invoice", "letter"]})
    assert await doubts("extract", BILL, free, answer) == [Doubt.value_not_in_source]
    assert await doubts("extract", BILL, listed, answer) == []


@pytest.mark.parametrize(
    ("confidence", "below", "found"),
    [
        (0.79, {}, [Doubt.low_confidence]),
        (0.8, {}, []),
        (0.79, {"doubt_below": 0.5}, []),
        (0.49, {"doubt_below": 0.5}, [Doubt.low_confidence]),
    ],
)
def test_a_label_is_doubted_below_the_confidence_asked_for(
    confidence: float, below: dict[str, float], found: list[Doubt]
) -> None:
    labels = {"labels": [{"name": "tax"}, {"name": "streets"}]}
    options = ClassifyOptions.model_validate(labels | below)
    result = ClassifyResult(label="tax", confidence=confidence, alternatives=[])
    find = TASKS["classify"].doubts
    assert find is not None
    assert find(NOTICE, options, result) == found
