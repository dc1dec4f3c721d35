"""The forms of tasks' options: from schemas to fields, and from fields to options."""

from __future__ import annotations

import pytest

from api.console.staff.option_fields import FieldKind, option_fields, options_in
from jobs.model.problems import ProblemError
from jobs.submit.checks import check_options
from tasks.registry import BUILT_IN

FILLED = {
    FieldKind.lines: "one",
    FieldKind.pairs: "甲＝first",
    FieldKind.labels: "甲=first\n乙",
    FieldKind.members: "申请人\n日期",
    FieldKind.document: "doc_1",
    FieldKind.documents: "doc_1",
    FieldKind.long_text: "some words",
    FieldKind.text: "words",
    FieldKind.yes_no: "yes",
}


def kinds(task: str) -> dict[str, FieldKind]:
    return {field.name: field.kind for field in option_fields(task)}


def test_each_option_gets_the_field_that_fits() -> None:
    assert kinds("redact") == {
        "kinds": FieldKind.choices, "terms": FieldKind.lines, "mask": FieldKind.choice,
        "masks": FieldKind.pairs, "use_model": FieldKind.yes_no, "cover": FieldKind.choices,
        "verify_by_ocr": FieldKind.yes_no,
    }  # fmt: skip
    assert kinds("compare") == {"old": FieldKind.document}
    assert kinds("classify")["labels"] is FieldKind.labels
    assert kinds("extract")["schema"] is FieldKind.members
    assert kinds("translate")["glossary"] is FieldKind.pairs
    assert kinds("cite_check")["laws"] is FieldKind.documents


@pytest.mark.parametrize("task", list(BUILT_IN))
def test_a_form_with_the_required_fields_alone_gives_valid_options(task: str) -> None:
    form = {
        field.key: [field.choices[0] if field.choices else FILLED[field.kind]]
        for field in option_fields(task)
        if field.required
    }
    if task == "cite_check":  # one of two is required
        form["option.library"] = ["laws"]
    assert check_options(task, options_in(task, form)).errors == ()


@pytest.mark.parametrize("task", list(BUILT_IN))
def test_an_empty_form_gives_no_options(task: str) -> None:
    form = {field.key: [" "] for field in option_fields(task)}
    assert options_in(task, form) == {}


def test_what_is_written_becomes_the_value() -> None:
    form = {
        "option.kinds": ["mobile", "name"],
        "option.terms": ["阳光工程\r\n\r\n 月光 \n"],
        "option.masks": ["mobile=stars\nname＝blocks"],
        "option.use_model": ["no"],
        "other": ["x"],
    }
    assert options_in("redact", form) == {
        "kinds": ["mobile", "name"], "terms": ["阳光工程", "月光"],
        "masks": {"mobile": "stars", "name": "blocks"}, "use_model": False,
    }  # fmt: skip
    schema = {"type": "object", "properties": {"申请人": {"type": "string"}}}
    assert options_in("extract", {"option.schema": ["申请人"]}) == {"schema": schema}
    assert options_in("extract", {"option.schema": ['{"type": "object"}']}) == {
        "schema": {"type": "object"}
    }


@pytest.mark.parametrize("text", ["many", "{", "[" * 100_000])
def test_what_is_no_number_is_named(text: str) -> None:
    with pytest.raises(ProblemError) as error:
        options_in("summarize", {"option.max_words": [text]})
    assert error.value.problem.extra["errors"][0]["pointer"] == "#/options/max_words"
