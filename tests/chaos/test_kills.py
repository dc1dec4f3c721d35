"""Every service is killed, and no job is lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.chaos.storm import TURNS, Storm, machine_for

KNOWN_DEAD_SECONDS = 10
DEAD_SECONDS = 30


@pytest.mark.timeout(1500)
async def test_a_thousand_jobs_survive_three_kills_of_every_service_and_stops_of_a_minute(
    tmp_path: Path, seed: int, say: Callable[[str], None]
) -> None:
    storm = Storm(seed, 1000, kills=3, stops=TURNS, stop_seconds=60, settle_seconds=180)
    done = await storm.run(machine_for(tmp_path, storm, supervised=True))
    say(done.line(f"kills and stops, supervised, seed {seed}"))
    done.check()
    assert done.succeeded == done.accepted == 1000
    assert done.recovered_known < KNOWN_DEAD_SECONDS
    assert done.recovered_unknown < DEAD_SECONDS


@pytest.mark.timeout(900)
async def test_jobs_survive_deaths_that_are_not_reported_to_the_ledger(
    tmp_path: Path, seed: int, say: Callable[[str], None]
) -> None:
    storm = Storm(seed + 1, 400, kills=3, stops=(), stop_seconds=0, settle_seconds=180)
    done = await storm.run(machine_for(tmp_path, storm, supervised=False))
    say(done.line(f"kills, no supervisor, seed {seed + 1}"))
    done.check()
    assert done.succeeded == done.accepted == 400
    assert done.recovered_unknown < DEAD_SECONDS
