"""How Sentinels are asked for the primary server, by redis-py and by Celery's transport."""

from __future__ import annotations

from typing import Any

from redis.backoff import NoBackoff
from redis.retry import Retry

from jobs.process.settings import RedisSettings

ANSWER_SECONDS = 1


def sentinel_options(settings: RedisSettings) -> dict[str, Any]:
    """redis-py's arguments for blocking connections to Sentinels. Raises `OSError` if the file with
    the password cannot be read.
    """
    return {
        "socket_connect_timeout": ANSWER_SECONDS,
        "socket_timeout": ANSWER_SECONDS,
        # The next Sentinel is asked at once: with redis-py's own retries a dead first one would
        # take longer than the answer to a request may.
        "retry": Retry(NoBackoff(), 0),
        **settings.sentinel_login(),
        **({"ssl": True, **settings.tls()} if settings.tls() else {}),
    }
