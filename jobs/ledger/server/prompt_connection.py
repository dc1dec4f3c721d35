"""Connections of redis-py on which a command can be cancelled at any moment."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from redis.asyncio.connection import AbstractConnection
from redis.exceptions import TimeoutError as RedisTimeoutError


class PromptSending(AbstractConnection):
    """Sends with `asyncio.timeout`.

    redis-py sends with `asyncio.wait_for`, which before Python 3.12 can swallow a cancellation that
    arrives just after the command was sent, so that the cancelled task goes on.
    """

    async def send_packed_command(
        self,
        command: bytes | str | Iterable[bytes],
        check_health: bool = True,  # noqa: FBT001 - redis-py's signature
    ) -> None:
        """Send a packed command. Raises redis-py's `TimeoutError`."""
        seconds, self.socket_timeout = self.socket_timeout, None
        try:
            async with asyncio.timeout(seconds):
                await super().send_packed_command(command, check_health)
        except TimeoutError:
            raise RedisTimeoutError("Timeout writing to socket") from None
        finally:
            self.socket_timeout = seconds


def prompt(kind: type[AbstractConnection]) -> type[AbstractConnection]:
    """A subclass of `kind` (TCP, TLS or Unix socket) that sends as `PromptSending` does."""
    return type(f"Prompt{kind.__name__}", (PromptSending, kind), {})
