"""Connections of redis-py whose commands can be cancelled at any moment."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from redis.asyncio.connection import AbstractConnection
from redis.exceptions import TimeoutError as RedisTimeoutError


class PromptSending(AbstractConnection):
    """Sends under a timeout of its own.

    redis-py sends with `asyncio.wait_for`, which before Python 3.12 loses a cancellation that comes
    when the command was just sent: whoever was to stop goes on.
    """

    async def send_packed_command(
        self,
        command: bytes | str | Iterable[bytes],
        check_health: bool = True,  # noqa: FBT001 - its name and place are those of redis-py
    ) -> None:
        """Raises `TimeoutError` of redis-py."""
        seconds, self.socket_timeout = self.socket_timeout, None
        try:
            async with asyncio.timeout(seconds):
                await super().send_packed_command(command, check_health)
        except TimeoutError:
            raise RedisTimeoutError("Timeout writing to socket") from None
        finally:
            self.socket_timeout = seconds


def prompt(kind: type[AbstractConnection]) -> type[AbstractConnection]:
    """The same kind of connection, TCP, TLS or a socket's, that sends promptly."""
    return type(f"Prompt{kind.__name__}", (PromptSending, kind), {})
