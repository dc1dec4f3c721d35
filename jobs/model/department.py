"""Departments: tenants with API keys, quotas, a share of the engines and callback settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from jobs.model.approval import ApprovalPolicy
from jobs.model.formats.callback_format import CallbackFormat
from tasks.secrecy import Marking, Secrecy


@dataclass(frozen=True, slots=True)
class Quota:
    """The limits of a department; None for the default of all departments, 0 for no limit.

    `rate`: submissions per second. `max_in_flight`: accepted jobs that have not ended, without
    batch lines. `max_queued`: queued and scheduled jobs, and waiting batch lines.
    `tokens_per_day`: prompt and completion tokens, by the UTC day on which their jobs ended.
    `max_record_bytes`: bytes of records in Redis, with options and inline results.
    `max_stored_bytes`: bytes in the store. `max_open_batches`: batches that have not ended.
    """

    rate: float | None = None
    max_in_flight: int | None = None
    max_queued: int | None = None
    tokens_per_day: int | None = None
    max_record_bytes: int | None = None
    max_stored_bytes: int | None = None
    max_open_batches: int | None = None


DEFAULT_QUOTA = Quota()


@dataclass(frozen=True, slots=True)
class Department:
    """A tenant.

    `weight`: its share of bulk work. `window`: when its bulk work runs, in the grammar of
    `jobs.windows.window`; None for the platform's window. `callback_secrets`: the secrets that sign
    now, the newest first; several while a secret is being rotated. `allow_secrecy`: the highest
    secrecy marking of its documents; None allows no marking. `display_name`: its name for people,
    such as 税务局. `approval`: the results that wait for a
    person; None for none.
    """

    name: str
    callback_allow: tuple[str, ...]
    callback_secrets: tuple[str, ...]
    weight: int = 1
    quota: Quota = DEFAULT_QUOTA
    callback_max_bytes: int | None = None
    window: str | None = None
    allow_secrecy: Secrecy | None = None
    display_name: str | None = None
    approval: ApprovalPolicy | None = None

    @property
    def title(self) -> str:
        """The name to show to people."""
        return self.display_name or self.name

    def may_send(self, marking: Marking | None) -> bool:
        """Whether it may send a document with this marking."""
        if marking is None:
            return True
        return self.allow_secrecy is not None and self.allow_secrecy.covers(marking.level)


@dataclass(frozen=True, slots=True)
class AllowChange:
    """The targets that a department's callbacks may go to, before and after a change."""

    before: Sequence[str]
    after: Sequence[str]


@dataclass(frozen=True, slots=True)
class CallbackOptions:
    """Options of a department's callbacks beyond Standard Webhooks. Treat all of them as secret.

    `ca_pem`: trusted instead of the system's CAs. `headers`: additional headers by lower-case name.
    `sm3_key` (base64, optionally with the prefix `whsec_`): adds a signature with HMAC-SM3.
    `format`: how the body is made; None for the JSON event.
    """

    ca_pem: str | None = None
    client_cert_pem: str | None = None
    client_key_pem: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    sm3_key: str | None = None
    format: CallbackFormat | None = None


@dataclass(frozen=True, slots=True)
class NewDepartment:
    """Shown once, when a department is created: the API key itself is not stored."""

    department: str
    api_key: str
    callback_secret: str
