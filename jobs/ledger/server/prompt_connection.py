"""Connections of redis-py on which a command can be cancelled at any moment."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from redis.asyncio.connection import AbstractConnection
from redis.asyncio.sentinel import SentinelManagedConnection
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError


class PromptSending(AbstractConnection):
    """Sends with `asyncio.timeout`, and knows the errors of uvloop.

    redis-py sends with `asyncio.wait_for`, which before Python 3.12 can swallow a cancellation that
    arrives just after the command was sent, so that the cancelled task goes on. It does not expect
    the `RuntimeError` of uvloop for a connection that broke while it was idle.
    """

    async def send_packed_command(
        self,
        command: bytes | str | Iterable[bytes],
        check_health: bool = True,  # noqa: FBT001 - redis-py's signature
    ) -> None:
        """Send a packed command. Raises redis-py's `TimeoutError` and `ConnectionError`."""
        seconds, self.socket_timeout = self.socket_timeout, None
        writer = None
        try:
            async with asyncio.timeout(seconds):
                if isinstance(self, SentinelManagedConnection) and not self.is_connected:
                    # redis-py would connect to the server that was the primary one before.
                    await self._connect_retry()  # type: ignore[no-untyped-call]
                writer = self._writer
                await super().send_packed_command(command, check_health)
        except TimeoutError:
            raise RedisTimeoutError("Timeout writing to socket") from None
        except RuntimeError as error:
            if writer is None or not writer.transport.is_closing():
                raise
            raise RedisConnectionError("The connection was closed") from error
        finally:
            self.socket_timeout = seconds


def prompt(kind: type[AbstractConnection]) -> type[AbstractConnection]:
    """A subclass of `kind` (TCP, TLS or Unix socket) that sends as `PromptSending` does."""
    return type(f"Prompt{kind.__name__}", (PromptSending, kind), {})
