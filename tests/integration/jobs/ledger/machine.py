"""A state machine on an empty ledger: hypothesis calls its rules in random order."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test
from pydantic import SecretStr
from redis import Redis

from jobs.ledger import Ledger
from jobs.process.settings import RedisSettings

T = TypeVar("T")


class OnLedger(RuleBasedStateMachine):
    redis_url = ""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.redis = Redis.from_url(self.redis_url, decode_responses=True)
        self.redis.flushall()
        self.ledger = Ledger(RedisSettings(url=SecretStr(self.redis_url)))

    def teardown(self) -> None:
        self.do(self.ledger.close())
        self.loop.close()
        self.redis.close()

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)


def run_machine(kind: type[OnLedger], redis_url: str, *, examples: int) -> None:
    """Run so many stories of 40 steps, the same ones each time."""
    machine = type("Machine", (kind,), {"redis_url": redis_url})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=40,
            derandomize=True,
            phases=[Phase.generate],  # add Phase.shrink for a shorter story, minutes later
            suppress_health_check=list(HealthCheck),
        ),
    )
