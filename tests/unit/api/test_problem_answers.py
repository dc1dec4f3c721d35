"""Every problem has a status and a word on what to do; every error leaves as a problem."""

from __future__ import annotations

import json

import pytest

from api.errors import STATUS, problem_response
from api.explanations import WHAT_TO_DO
from jobs.model.problems import TITLES, Problem


def test_every_problem_has_a_status_and_no_status_is_left_over() -> None:
    assert set(STATUS) == set(TITLES)


def test_every_problem_says_what_to_do() -> None:
    assert set(WHAT_TO_DO) == set(TITLES)


@pytest.mark.parametrize("code", sorted(TITLES))
def test_a_problem_is_answered_with_its_status_and_stable_type(code: str) -> None:
    response = problem_response(Problem(code, "Because.", {"max_bytes": 3}))
    body = json.loads(bytes(response.body))
    assert response.status_code == body["status"] >= 400
    assert response.media_type == "application/problem+json"
    assert body == {
        "status": STATUS[code],
        "type": f"/problems/{code}",
        "title": TITLES[code],
        "detail": "Because.",
        "max_bytes": 3,
    }


def test_retry_after_is_in_integer_seconds_and_at_least_one() -> None:
    problem = Problem("rate-limited", "Wait.")
    assert problem_response(problem, retry_after=0.01).headers["retry-after"] == "1"
    assert problem_response(problem, retry_after=2.2).headers["retry-after"] == "3"
    assert "retry-after" not in problem_response(problem).headers
