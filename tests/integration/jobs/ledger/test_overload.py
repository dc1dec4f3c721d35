"""Calls whose callers gave up while the server did not answer."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence
from pathlib import Path

from pydantic import SecretStr

from jobs.ledger import Ledger
from jobs.model.problems import ProblemError
from jobs.process.settings import RedisSettings
from standin.valkey import start_valkey

CALLS = 250
# Those under way, and those that are sent when these have failed.
SENT = 2 * 64


async def test_calls_that_were_refused_while_they_waited_are_not_sent_later(
    tmp_path: Path,
) -> None:
    valkey, url = start_valkey(tmp_path)
    ledger = Ledger(RedisSettings(url=SecretStr(url)))
    try:
        await ledger.departments.create("tax")
        valkey.send_signal(signal.SIGSTOP)
        calls = [ledger.departments.allow("tax", [f"10.0.0.{number}"]) for number in range(CALLS)]
        answers = await asyncio.gather(*calls, return_exceptions=True)
        assert {
            answer.problem.code if isinstance(answer, ProblemError) else repr(answer)
            for answer in answers
        } == {"unavailable"}
        valkey.send_signal(signal.SIGCONT)
        allowed = await _allowed_now(ledger)
        assert len(allowed) <= SENT
    finally:
        await ledger.close()
        valkey.kill()
        valkey.wait(10)


async def _allowed_now(ledger: Ledger) -> Sequence[str]:
    """What was allowed before a call that is made now, when it is answered."""
    async with asyncio.timeout(30):
        while True:
            try:
                change = await ledger.departments.allow("tax", ["10.1.0.1"])
            except ProblemError:
                continue
            assert change is not None
            return change.before
