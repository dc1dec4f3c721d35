"""Everything is killed while a batch runs, and each of its lines is answered once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.chaos.batch_storm import INLINE_BYTES, BatchStorm
from tests.chaos.machine import Machine

ENV = {"CHANCERY_INLINE_RESULT_MAX_BYTES": str(INLINE_BYTES)}


@pytest.mark.timeout(900)
@pytest.mark.parametrize("supervised", [True, False])
async def test_a_batch_of_two_thousand_lines_survives_every_part_being_killed_again_and_again(
    tmp_path: Path, seed: int, say: Callable[[str], None], *, supervised: bool
) -> None:
    storm = BatchStorm(seed, 2_000, kills=4 if supervised else 2, settle_seconds=300)
    machine = Machine(tmp_path, supervised=supervised, latency=0.4, env=ENV)
    done = await storm.over(machine)
    known = "supervised" if supervised else "no supervisor"
    say(done.line(f"batch, {known}, seed {seed}"))
    done.check(storm.lines)
    assert done.kills > 6
