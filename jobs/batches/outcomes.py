"""The lines of a batch's output file and error file, as OpenAI's Batch API and vLLM write them.

Each function returns one line with its line break. The same line has the same bytes each time that
it is written; `id` is made from the job's id, or from the line's number where there is no job.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic_core import from_json, to_json

from jobs.batches.input.lines import LineProblem
from jobs.model.provenance import Provenance

Unrun = Literal["batch_expired", "batch_cancelled"]

_WHY_UNRUN: Mapping[Unrun, str] = {
    "batch_expired": "The batch's completion window ended before the line's turn came.",
    "batch_cancelled": "The batch was cancelled before the line's turn came.",
}
_NO_MESSAGE = "The engine said nothing more."


def output_line(
    custom_id: str, job_id: str, body_json: bytes, provenance: Provenance | None = None
) -> bytes:
    """For the output file. `body_json` is the JSON of the job's view, or the engine's answer to a
    chat as it is; it is not looked into. `provenance` is that of such an answer, told beside it."""
    told = b',"provenance":%b' % to_json(provenance) if provenance else b""
    return _line(_of_job(job_id), custom_id, _response(job_id, 200, body_json), b"null", told)


def failed_line(custom_id: str | None, job_id: str, status_code: int, body_json: bytes) -> bytes:
    """For the error file: a job that failed, with its problem as `body_json`, or a chat that the
    engine did not answer with 200, with what it said. What is no JSON is given as a string."""
    try:
        body = from_json(body_json, allow_inf_nan=False)
    except ValueError:
        body = body_json.decode(errors="replace")
        body_json = to_json(body)
    error = to_json(_error_of(body, status_code))
    return _line(_of_job(job_id), custom_id, _response(job_id, status_code, body_json), error)


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


def _error_of(body: Any, status_code: int) -> dict[str, Any]:
    """What a problem, or an engine's error as OpenAI words it, says in short."""
    said = body if isinstance(body, dict) else {}
    if isinstance(said.get("error"), dict):
        said = said["error"]
    kind = said.get("type")
    if isinstance(kind, str) and kind.startswith("/problems/"):
        code: Any = kind.removeprefix("/problems/")
    else:
        code = kind or said.get("code") or status_code
    message = said.get("detail") or said.get("message") or said.get("title") or _NO_MESSAGE
    return {"code": str(code), "message": str(message)}
