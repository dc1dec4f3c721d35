"""The provenance of a result: what is needed to reproduce it and to compare requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from jobs.model.approval import Approval
from jobs.model.roles import Role


@dataclass(frozen=True, slots=True)
class Sampling:
    """The sampling parameters as sent; None: not sent, so that the engine's default applied.
    `max_tokens` is the largest of all requests.
    """

    temperature: float | None = None
    seed: int | None = None
    top_p: float | None = None
    max_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class EngineRequests:
    """The requests to one engine.

    `model`: the model name in the requests. `engine_model`: the engine's name for it (`root` in
    `/v1/models`). `engine_version`: from the engine's `/version`. `requests`: their number.
    `prompt_sha256`: a digest of all of them, see `docs/provenance.md`.
    """

    model: str
    requests: int
    prompt_sha256: str
    sampling: Sampling
    engine_model: str | None = None
    engine_version: str | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """A document or library that the options referred to; `documents` is the size of the library.

    A library's `sha256` is made from those of its documents like a `prompt_sha256` from requests.
    """

    sha256: str
    document_id: str | None = None
    library: str | None = None
    documents: int = 1


@dataclass(frozen=True, slots=True)
class Provenance:
    """The provenance of a result.

    `model`, `role` and the fields of `EngineRequests` are those of the engine that produced the
    result; they are None, and `requests` is 0, if no model was used. `escalated`: the full model
    did the work after the fast model was tried; `doubts` has the reason codes, `fast` the requests
    to the fast model. `seconds` is the duration of the run. `approval`: the decision of a person,
    if the result had to wait for one.
    """

    task_version: str
    model: str | None
    input_sha256: str
    role: Role | None = Role.full
    escalated: bool = False
    doubts: tuple[str, ...] = ()
    engine_model: str | None = None
    engine_version: str | None = None
    requests: int = 0
    prompt_sha256: str | None = None
    sampling: Sampling | None = None
    references: tuple[Reference, ...] = ()
    seconds: float | None = None
    fast: EngineRequests | None = None
    approval: Approval | None = None


_RECORD = TypeAdapter(Provenance)


def provenance_members(provenance: Provenance) -> dict[str, Any]:
    """As JSON's values for the ledger, without default values to save memory."""
    members: dict[str, Any] = _RECORD.dump_python(provenance, mode="json", exclude_defaults=True)
    return members


def provenance_json(provenance: Provenance) -> bytes:
    """JSON with all members, as departments see it."""
    return _RECORD.dump_json(provenance)


def to_provenance(members: Mapping[str, Any]) -> Provenance:
    """From what this, an older or a newer release has made of one."""
    return _RECORD.validate_python(members)
