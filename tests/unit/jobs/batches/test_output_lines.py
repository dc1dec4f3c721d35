"""Lines of output and error files are as OpenAI's Batch API and vLLM write them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from api.responses.problems import problem_response
from jobs.batches.input.lines import LineProblem
from jobs.batches.output_lines import failed_line, output_line, refused_line, unrun_line
from jobs.model.problems import PROBLEM_TYPES, Problem

JOB = "job_01k0000000000000000000000a"
REQUEST = "batch_req_01k0000000000000000000000a"


def parsed(data: bytes) -> dict[str, Any]:
    """A line as a reader of JSONL has it; every line has the same members in the same order."""
    assert data.endswith(b"\n")
    assert data.count(b"\n") == 1
    found: dict[str, Any] = json.loads(data)
    assert list(found) == ["id", "custom_id", "response", "error"]
    return found


def test_an_output_line_has_the_answer_inside() -> None:
    found = parsed(output_line("a", JOB, b'{"object":"job","result":{"x":1.50}}'))
    assert found == {
        "id": REQUEST,
        "custom_id": "a",
        "response": {
            "status_code": 200,
            "request_id": JOB,
            "body": {"object": "job", "result": {"x": 1.5}},
        },
        "error": None,
    }


def test_an_answer_is_given_byte_for_byte() -> None:
    body = '{"choices":[{"message":{"content":"水\\n\\u6c34"}}],"x":1.50}'.encode()
    assert body in output_line("a", JOB, body)


def test_an_answer_on_many_lines_is_put_on_one() -> None:
    body = json.dumps({"a": "x\ny", "b": [1, 2]}, indent=2).replace("\n", "\r\n").encode()
    found = parsed(output_line("a", JOB, body))
    assert found["response"]["body"] == {"a": "x\ny", "b": [1, 2]}


@pytest.mark.parametrize("custom_id", ['a"b\\c', "中文", "\n\t\u2028"])
def test_a_custom_id_comes_back_as_it_was_given(custom_id: str) -> None:
    problem = LineProblem("unknown-task", "None.", 3, custom_id)
    lines = [
        output_line(custom_id, JOB, b"{}"),
        failed_line(custom_id, JOB, Problem("internal", "Broken.").to_dict()),
        refused_line(problem),
        unrun_line(custom_id, 3, "batch_expired"),
    ]
    assert [parsed(one)["custom_id"] for one in lines] == [custom_id] * 4


def test_a_failed_job_has_its_problem_and_the_status_of_its_problem_type() -> None:
    problem = Problem("engine-timeout", "The engine took too long.").to_dict()
    found = parsed(failed_line("a", JOB, problem))
    assert found["id"] == REQUEST
    assert found["response"] == {"status_code": 504, "request_id": JOB, "body": problem}
    assert found["error"] == {"code": "engine-timeout", "message": "The engine took too long."}


@pytest.mark.parametrize("code", sorted(PROBLEM_TYPES))
def test_a_failed_line_has_the_status_that_the_api_responds_with(code: str) -> None:
    problem = Problem(code, "Because.")
    found = parsed(failed_line("a", JOB, problem.to_dict()))
    assert found["response"]["status_code"] == problem_response(problem).status_code


def test_a_problem_type_of_another_release_is_a_server_error() -> None:
    problem = {"type": "/problems/of-tomorrow", "title": "New", "detail": "Because."}
    found = parsed(failed_line("a", JOB, problem))
    assert found["response"]["status_code"] == 500
    assert found["error"] == {"code": "of-tomorrow", "message": "Because."}


def test_a_refused_line_says_where_and_why() -> None:
    errors = [{"pointer": "#/body/task", "detail": "Missing."}]
    found = parsed(
        refused_line(LineProblem("invalid-request", "It does not fit.", 12, "a", errors))
    )
    assert found == {
        "id": "batch_req_line_12",
        "custom_id": "a",
        "response": None,
        "error": {
            "code": "invalid-request",
            "message": "It does not fit.",
            "line": 12,
            "errors": errors,
        },
    }
    assert parsed(refused_line(LineProblem("invalid-json", "No.", 1)))["custom_id"] is None


def test_a_line_that_was_not_run_says_why() -> None:
    for code in ("batch_expired", "batch_cancelled"):
        found = parsed(unrun_line("a", 4, code))
        assert (found["custom_id"], found["response"]) == ("a", None)
        assert found["error"]["code"] == code
        assert found["error"]["line"] == 4
        assert found["error"]["message"]


def test_a_line_that_is_written_twice_is_the_same_twice() -> None:
    assert output_line("a", JOB, b"{}") == output_line("a", JOB, b"{}")
    assert unrun_line("a", 4, "batch_expired") == unrun_line("a", 4, "batch_expired")


@pytest.mark.parametrize("character", ["\u0085", "\u2028", "\u2029"])
def test_no_reader_ends_a_line_inside(character: str) -> None:
    text = f"a{character}b\\{character}"
    body = json.dumps({"content": text}, ensure_ascii=False).encode()
    problem = {"type": "/problems/output-invalid", "title": "x", "detail": text}
    refused = LineProblem("invalid-request", text, 3, text)
    lines = [
        output_line(text, JOB, body),
        failed_line(text, JOB, problem),
        refused_line(refused),
        unrun_line(text, 3, "batch_expired"),
    ]
    assert len(b"".join(lines).decode().splitlines()) == len(lines)
    assert [parsed(line)["custom_id"] for line in lines] == [text] * 4
    assert parsed(lines[0])["response"]["body"] == {"content": text}
