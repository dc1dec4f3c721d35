"""Every problem type is complete, and every error is a problem response."""

from __future__ import annotations

import json

import pytest

from api.responses.problems import problem_response
from jobs.model.problems import PROBLEM_TYPES, Problem


def test_every_problem_type_has_an_error_status_a_title_and_advice() -> None:
    for status, title, advice in PROBLEM_TYPES.values():
        assert 400 <= status < 600
        assert title
        assert advice


@pytest.mark.parametrize("code", sorted(PROBLEM_TYPES))
def test_a_problem_is_answered_with_its_status_and_stable_type(code: str) -> None:
    response = problem_response(Problem(code, "Because.", {"max_bytes": 3}))
    body = json.loads(bytes(response.body))
    assert response.status_code == body["status"] >= 400
    assert response.media_type == "application/problem+json"
    assert {**body, "error": None} == {
        "error": None,
        "status": PROBLEM_TYPES[code].status,
        "type": f"/problems/{code}",
        "title": PROBLEM_TYPES[code].title,
        "detail": "Because.",
        "max_bytes": 3,
    }


@pytest.mark.parametrize(
    ("code", "error_type"),
    [
        ("unauthorized", "authentication_error"),
        ("not-found", "not_found_error"),
        ("too-large", "invalid_request_error"),
        ("quota-tokens", "rate_limit_error"),
        ("system-full", "server_error"),
    ],
)
def test_a_problem_has_the_member_that_openai_clients_print(code: str, error_type: str) -> None:
    errors = [{"pointer": "#/options/labels/0", "detail": "Field required"}]
    response = problem_response(Problem(code, "Because.", {"errors": errors}))
    assert json.loads(bytes(response.body))["error"] == {
        "message": "Because. #/options/labels/0: Field required",
        "type": error_type,
        "param": "options.labels.0",
        "code": code,
    }


def test_retry_after_is_in_integer_seconds_and_at_least_one() -> None:
    problem = Problem("rate-limited", "Wait.")
    assert problem_response(problem, retry_after=0.01).headers["retry-after"] == "1"
    assert problem_response(problem, retry_after=2.2).headers["retry-after"] == "3"
    assert "retry-after" not in problem_response(problem).headers


def test_a_long_list_of_errors_is_cut_and_the_rest_counted() -> None:
    errors = [{"pointer": "#/" + "k" * 9_000, "detail": "d" * 9_000}] * 300
    response = problem_response(Problem("invalid-request", "x" * 9_000, {"errors": errors}))
    body = json.loads(bytes(response.body))
    assert (len(body["errors"]), body["more_errors"]) == (20, 280)
    assert body["errors"][0]["detail"].endswith("d…")
    assert len(response.body) < 20_000


def test_a_short_list_of_errors_is_complete() -> None:
    errors = [{"pointer": "#/a", "detail": "Field required"}]
    body = json.loads(
        bytes(problem_response(Problem("invalid-request", "x", {"errors": errors})).body)
    )
    assert body["errors"] == errors
    assert "more_errors" not in body
