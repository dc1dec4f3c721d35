"""Why a Redis server is not used."""

from __future__ import annotations

from redis.exceptions import BusyLoadingError, ReadOnlyError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

# The server cannot be reached, is starting, or is a replica now. `OSError` has the errors of
# sockets and the built-in `TimeoutError`; the connection translates uvloop's `RuntimeError`.
AWAY = (RedisConnectionError, RedisTimeoutError, BusyLoadingError, ReadOnlyError, OSError)


class UnsafeServer(Exception):
    """Accepted jobs could be lost on this server. The message says what to change."""
