"""Formats the lines of a batch's output and error files as OpenAI's Batch API and vLLM do.

Each function returns one line with its line break, with the same bytes each time it is called. The
line's `id` comes from the job's id, or from the line's number if it has no job.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Literal

from pydantic_core import to_json

from jobs.batches.input.lines import LineProblem
from jobs.model.problems import PROBLEM_TYPES, code_of
from jobs.model.provenance import Provenance, provenance_json

Unrun = Literal["batch_expired", "batch_cancelled"]

_UNRUN_MESSAGES: Mapping[Unrun, str] = {
    "batch_expired": "The batch's completion window ended before the line was done.",
    "batch_cancelled": "The batch was cancelled before the line was done.",
}


def output_line(
    custom_id: str, job_id: str, body_json: bytes, provenance: Provenance | None = None
) -> bytes:
    """A line for the output file. `body_json` is the JSON of the job's view, or the engine's
    response to a chat, unchanged; `provenance` is that of a chat, as an extra member.
    """
    extra = b',"provenance":%b' % provenance_json(provenance) if provenance else b""
    return _line(_job_line_id(job_id), custom_id, _response(job_id, 200, body_json), b"null", extra)


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
    return _line(_job_line_id(job_id), custom_id, response, to_json(error))


def refused_line(problem: LineProblem) -> bytes:
    """A line for the error file: an invalid line, which was not run."""
    error: dict[str, Any] = {
        "code": problem.code,
        "message": problem.detail,
        "line": problem.line,
        "errors": problem.errors,
    }
    return _line(_numbered_line_id(problem.line), problem.custom_id, b"null", to_json(error))


def unrun_line(custom_id: str | None, line: int, code: Unrun) -> bytes:
    """A line for the error file: a line that was not done when its batch ended."""
    error = {"code": code, "message": _UNRUN_MESSAGES[code], "line": line}
    return _line(_numbered_line_id(line), custom_id, b"null", to_json(error))


def _job_line_id(job_id: str) -> str:
    return f"batch_req_{job_id.removeprefix('job_')}"


def _numbered_line_id(line: int) -> str:
    return f"batch_req_line_{line}"


def _response(job_id: str, status_code: int, body_json: bytes) -> bytes:
    # JSON has line breaks only between tokens, where a space has the same meaning.
    body = body_json.replace(b"\r", b" ").replace(b"\n", b" ")
    return b'{"status_code":%d,"request_id":%b,"body":%b}' % (status_code, to_json(job_id), body)


def _line(
    line_id: str, custom_id: str | None, response: bytes, error: bytes, more: bytes = b""
) -> bytes:
    line = b'{"id":%b,"custom_id":%b,"response":%b,"error":%b%b}' % (
        to_json(line_id),
        to_json(custom_id),
        response,
        error,
        more,
    )
    # Some readers, such as Python's `splitlines`, end a line at these too.
    for character in "\u0085\u2028\u2029":
        line = line.replace(character.encode(), b"\\u%04x" % ord(character))
    return line + b"\n"
