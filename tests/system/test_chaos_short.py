"""The short version of `make chaos`: every part killed once, a worker stopped beyond its lease."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.storm import Storm, machine_for

SEED = 20_261
SHORT = {
    "CHANCERY_LEASE_SECONDS": "5",
    "CHANCERY_CALLBACK_TIMEOUT_SECONDS": "3",
    "CHANCERY_CALLBACK_LEASE_SECONDS": "6",
}


@pytest.mark.timeout(240)
async def test_jobs_survive_every_part_being_killed_and_a_worker_being_stopped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    storm = Storm(SEED, 200, kills=1, stops=("worker",), stop_seconds=8, settle_seconds=120)
    done = await storm.over(machine_for(tmp_path, storm, supervised=True, **SHORT))
    with capsys.disabled():
        print(f"\n{done.line(f'chaos, short, seed {SEED}')}")
    done.check()
    assert done.succeeded == done.accepted == 200
    assert done.recovered_known < 10
    assert done.recovered_unknown < 30
