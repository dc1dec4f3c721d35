"""What a reviewer enters is JSON that can be stored, or an error on the form."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api.console.approvals.result_fields import edit_of

RESULT = {"data": {"sender": "Li Lei", "amount": 1200}}


def form(**fields: str) -> dict[str, str]:
    whole = json.dumps(RESULT)
    return {"shown": whole, "json": whole, **fields}


@pytest.mark.parametrize(
    "text",
    ["{", "[" * 100_000, "[" * 100 + "]" * 100, '{"a": NaN}', '{"a": Infinity}', '"\\ud800"', ""],
)
@pytest.mark.parametrize("name", ["json", "shown"])
def test_json_that_cannot_be_stored_is_an_error_of_the_form(text: str, name: str) -> None:
    edit = edit_of(RESULT, form(**{name: text}))
    assert edit.result == RESULT
    assert [error["pointer"] for error in edit.errors] == ["#/result"]


@pytest.mark.parametrize("entered", ["nan", "inf", "-Infinity", "1e999", "9" * 5000, "twelve"])
def test_a_number_that_json_does_not_have_is_an_error_of_its_field(entered: str) -> None:
    edit = edit_of(RESULT, form(**{"value/data/amount": entered}))
    assert [error["pointer"] for error in edit.errors] == ["#/result/data/amount"]


@pytest.mark.parametrize(("entered", "number"), [("12000", 12000), ("-1.5", -1.5), ("1e3", 1000.0)])
def test_a_number_is_read(entered: str, number: Any) -> None:
    edit = edit_of(RESULT, form(**{"value/data/amount": entered}))
    assert edit.result["data"]["amount"] == number
    assert edit.changed
    assert not edit.errors
