"""Every service is killed while a batch runs, and each line has one result."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.chaos.batch_storm import INLINE_BYTES, BatchStorm
from tests.chaos.machine import Machine

ENV = {"CHANCERY_INLINE_RESULT_MAX_BYTES": str(INLINE_BYTES)}


@pytest.mark.timeout(900)
@pytest.mark.parametrize("supervised", [True, False])
async def test_a_batch_of_two_thousand_lines_survives_repeated_kills_of_every_service(
    tmp_path: Path, seed: int, say: Callable[[str], None], *, supervised: bool
) -> None:
    storm = BatchStorm(seed, 2_000, kills=4 if supervised else 2, settle_seconds=300)
    done = await storm.run(Machine(tmp_path, supervised=supervised, latency=0.4, env=ENV))
    known = "supervised" if supervised else "no supervisor"
    say(done.line(f"batch, {known}, seed {seed}"))
    done.check(storm.lines, storm.called_back)
    assert done.kills == 5 * storm.kills + 1


@pytest.mark.timeout(600)
async def test_a_batch_survives_kills_of_scheduler_and_redis_while_segments_are_written(
    tmp_path: Path, seed: int, say: Callable[[str], None]
) -> None:
    storm = BatchStorm(seed, 8_000, kills=6, settle_seconds=300, at_segments=True)
    done = await storm.run(Machine(tmp_path, latency=0.02, env=ENV))
    say(done.line(f"batch, killed at segments, seed {seed}"))
    done.check(storm.lines, storm.called_back)
    assert done.kills > 3
