"""The lines of a batch's output file and error file, as OpenAI's Batch API and vLLM write them.

Each function returns one line with its line break. The same line has the same bytes each time that
it is written; `id` is made from the job's id, or from the line's number where there is no job.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Literal

from pydantic_core import to_json

from jobs.batches.input.lines import LineProblem
from jobs.model.problems import PROBLEM_TYPES, code_of
from jobs.model.provenance import Provenance

Unrun = Literal["batch_expired", "batch_cancelled"]

_WHY_UNRUN: Mapping[Unrun, str] = {
    "batch_expired": "The batch's completion window ended before the line's turn came.",
    "batch_cancelled": "The batch was cancelled before the line's turn came.",
}


def output_line(
    custom_id: str, job_id: str, body_json: bytes, provenance: Provenance | None = None
) -> bytes:
    """For the output file. `body_json` is the JSON of the job's view, or the engine's answer to a
    chat as it is; it is not looked into. `provenance` is that of such an answer, told beside it."""
    told = b',"provenance":%b' % to_json(provenance) if provenance else b""
    return _line(_of_job(job_id), custom_id, _response(job_id, 200, body_json), b"null", told)


def failed_line(custom_id: str | None, job_id: str, problem: Mapping[str, Any]) -> bytes:
    """A line for the error file: a job that failed. `problem` is the job's `error`; the line's
    status code is that of its problem type (500 for a type of another release).
    """
    code = code_of(problem)
    status = (
        PROBLEM_TYPES[code].status if code in PROBLEM_TYPES else HTTPStatus.INTERNAL_SERVER_ERROR
    )
    error = {"code": code, "message": problem.get("detail") or problem.get("title")}
    response = _response(job_id, status, to_json(problem))
    return _line(_of_job(job_id), custom_id, response, to_json(error))


def refused_line(problem: LineProblem) -> bytes:
    """For the error file: a line that does not fit and was not run."""
    error: dict[str, Any] = {
        "code": problem.code,
        "message": problem.detail,
        "line": problem.line,
        "errors": problem.errors,
    }
    return _line(_of_line(problem.line), problem.custom_id, b"null", to_json(error))


def unrun_line(custom_id: str | None, line: int, code: Unrun) -> bytes:
    """For the error file: a line whose batch ended before its turn."""
    error = {"code": code, "message": _WHY_UNRUN[code], "line": line}
    return _line(_of_line(line), custom_id, b"null", to_json(error))


def _of_job(job_id: str) -> str:
    return f"batch_req_{job_id.removeprefix('job_')}"


def _of_line(line: int) -> str:
    return f"batch_req_line_{line}"


def _response(job_id: str, status_code: int, body_json: bytes) -> bytes:
    # In JSON a line break stands only between tokens, where a space does as well.
    body = body_json.replace(b"\r", b" ").replace(b"\n", b" ")
    return b'{"status_code":%d,"request_id":%b,"body":%b}' % (status_code, to_json(job_id), body)


def _line(
    line_id: str, custom_id: str | None, response: bytes, error: bytes, more: bytes = b""
) -> bytes:
    return b'{"id":%b,"custom_id":%b,"response":%b,"error":%b%b}\n' % (
        to_json(line_id),
        to_json(custom_id),
        response,
        error,
        more,
    )
