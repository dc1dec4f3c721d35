"""One connection to Redis that sends groups of commands, one group after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hiredis import pack_command
from redis.asyncio import ConnectionPool
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import ResponseError


class ScriptConnection:
    """Takes a connection from `pool` at first use and keeps it. One caller at a time.

    A pipeline of redis-py does the same, but takes a connection for each group, looks whether it is
    still whole, and costs twice as much.
    """

    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool
        self._connection: AbstractConnection | None = None

    async def send(self, commands: Sequence[Sequence[Any]]) -> list[Any]:
        """The answers, with the errors of single commands among them.

        A group is sent again where the connection breaks, also after it was sent: its commands may
        be run twice. Raises redis-py's errors of connections.
        """
        connection = self._connection
        if connection is None:
            connection = self._connection = await self._pool.get_connection()  # type: ignore[no-untyped-call]
        data = b"".join([pack_command(tuple(command)) for command in commands])
        try:
            return await connection.retry.call_with_retry(
                lambda: _exchange(connection, data, len(commands)),
                lambda _: connection.disconnect(),
            )
        except BaseException:
            # Answers that are still to come must not be taken for those of the next group.
            await connection.disconnect(nowait=True)
            raise


async def _exchange(connection: AbstractConnection, data: bytes, count: int) -> list[Any]:
    await connection.send_packed_command(data)
    answers: list[Any] = []
    for _ in range(count):
        try:
            answers.append(await connection.read_response())
        except ResponseError as error:
            answers.append(error)
    return answers
