"""A department: a tenant with keys, a share of the engines and a list of callback targets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tasks.secrecy import Marking, Secrecy


@dataclass(frozen=True, slots=True)
class Quota:
    """What a department may ask for; None for no limit.

    `rate` is submissions per second. `max_in_flight`: jobs accepted and not ended, without lines of
    batches. `max_queued`: jobs queued or scheduled, and lines of batches that wait.
    `tokens_per_day`: prompt and completion tokens, by the UTC day on which their jobs ended.
    """

    rate: float | None = None
    max_in_flight: int | None = None
    max_queued: int | None = None
    tokens_per_day: int | None = None


UNLIMITED = Quota()


@dataclass(frozen=True, slots=True)
class Department:
    """`weight` is its share of bulk work. `window` is when that runs, as `jobs.windows.window`
    reads it; None: when the platform's does.

    `callback_secrets` are those that sign now, the new one first: all of them do, so that a secret
    can be changed without a gap. `allow_secrecy` is the most secret marking that its documents may
    bear; None: no marking at all.
    """

    name: str
    callback_allow: tuple[str, ...]
    callback_secrets: tuple[str, ...]
    weight: int = 1
    quota: Quota = UNLIMITED
    callback_max_bytes: int | None = None
    window: str | None = None
    allow_secrecy: Secrecy | None = None

    def may_send(self, marking: Marking | None) -> bool:
        """Whether its policy lets it send a document that bears this marking."""
        if marking is None:
            return True
        return self.allow_secrecy is not None and self.allow_secrecy.covers(marking.level)


@dataclass(frozen=True, slots=True)
class CallbackOptions:
    """What a department's receivers ask for beyond Standard Webhooks. All of it may be secret.

    `ca_pem` is trusted instead of the machine's CAs. `headers` are sent as they are, by lower-case
    name. With `sm3_key` (base64, perhaps after `whsec_`) there is a signature by HMAC-SM3 too.
    """

    ca_pem: str | None = None
    client_cert_pem: str | None = None
    client_key_pem: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    sm3_key: str | None = None


@dataclass(frozen=True, slots=True)
class NewDepartment:
    """What is shown once, when a department is made: the key itself is not kept."""

    department: str
    api_key: str
    callback_secret: str
