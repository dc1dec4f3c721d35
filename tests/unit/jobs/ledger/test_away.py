"""Which errors mean that the ledger is away."""

from __future__ import annotations

import pytest
from pydantic import SecretStr
from redis.exceptions import BusyLoadingError, ReadOnlyError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from jobs.ledger.server.connection import Connection
from jobs.ledger.server.faults import ServerFault, fault_of
from jobs.model.problems import ProblemError
from jobs.process.settings import RedisSettings


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (OSError(113, "No route to host"), ServerFault.unreachable),
        (BrokenPipeError(), ServerFault.unreachable),
        (RedisConnectionError("gone"), ServerFault.unreachable),
        (TimeoutError(), ServerFault.hung),
        (RedisTimeoutError("slow"), ServerFault.hung),
        (BusyLoadingError("LOADING"), ServerFault.loading),
        (ReadOnlyError("READONLY"), ServerFault.read_only),
    ],
)
async def test_an_error_of_the_connection_is_a_problem_that_its_callers_expect(
    error: Exception, fault: ServerFault
) -> None:
    async def command() -> None:
        raise error

    connection = Connection.to(RedisSettings(url=SecretStr("redis://127.0.0.1:1/0")))
    with pytest.raises(ProblemError) as raised:
        await connection.ask(command())
    assert raised.value.problem.code == "unavailable"
    assert fault_of(raised.value) is fault
