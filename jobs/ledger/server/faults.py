"""What is wrong with a server that does not do what it is asked."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    OutOfMemoryError,
    ReadOnlyError,
)
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from jobs.model.problems import ProblemError


class ServerFault(StrEnum):
    """`hung`: it accepts connections and does not answer. `full`: it is at its memory limit.
    `cannot_write`: it cannot write its file.
    """

    unreachable = "unreachable"
    hung = "hung"
    loading = "loading"
    full = "full"
    cannot_write = "cannot-write"
    read_only = "read-only"
    login_refused = "login-refused"


_FAULTS: Mapping[type[BaseException], ServerFault] = {
    BusyLoadingError: ServerFault.loading,
    ReadOnlyError: ServerFault.read_only,
    AuthenticationError: ServerFault.login_refused,
    RedisTimeoutError: ServerFault.hung,
    TimeoutError: ServerFault.hung,
    RedisConnectionError: ServerFault.unreachable,
    OSError: ServerFault.unreachable,
    OutOfMemoryError: ServerFault.full,
}


def fault_of(error: ProblemError) -> ServerFault:
    """The fault behind a `ProblemError("unavailable")` of the ledger."""
    cause = error.__cause__
    # The first that fits: the library's more special errors come first.
    for kind, fault in _FAULTS.items():
        if isinstance(cause, kind):
            return fault
    return ServerFault.full if "OOM " in str(cause) else ServerFault.cannot_write
