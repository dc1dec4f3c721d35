"""Where a result is from: enough to ask for it again, and to see that the same was asked."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import TypeAdapter

from jobs.model.roles import Role


@dataclass(frozen=True, slots=True)
class Sampling:
    """How the model was told to choose its words, as it was sent. What is None was not sent: the
    engine's own default held. `max_tokens` is the largest of the requests.
    """

    temperature: float | None = None
    seed: int | None = None
    top_p: float | None = None
    max_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked of one engine.

    `model` is the name that the requests gave, `engine_model` what the engine says that this is
    (`root` in its `/v1/models`), `engine_version` what its `/version` says. `requests` is how many
    there were, and `prompt_sha256` is made of all of them: see `docs/provenance.md`.
    """

    model: str
    requests: int
    prompt_sha256: str
    sampling: Sampling
    engine_model: str | None = None
    engine_version: str | None = None


@dataclass(frozen=True, slots=True)
class Reference:
    """A further document that the options named, or a library, with the number of its documents.

    A library's `sha256` is made of those of its documents as a `prompt_sha256` is of requests.
    """

    sha256: str
    document_id: str | None = None
    library: str | None = None
    documents: int = 1


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a result is from. `model` and `role` are of the engine that gave it, and so is what was
    asked (see `Asked`); they are None and `requests` is 0 where rules did all of the work.

    `escalated` where the full model had to do what the fast one was asked for first; `doubts` are
    the codes why, and `fast` is what the fast one was asked. `seconds` is how long the run took.
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
    fast: Asked | None = None


_RECORD = TypeAdapter(Provenance)


def provenance_record(provenance: Provenance) -> str:
    """As the ledger keeps it, without what is left at its default: there is one for each job."""
    return _RECORD.dump_json(provenance, exclude_defaults=True).decode()


def to_provenance(record: str) -> Provenance:
    """Also one that was kept by an older release, or by a newer one that knows more."""
    return _RECORD.validate_json(record)
