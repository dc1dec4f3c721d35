"""The short version of `make chaos`: every service is killed once, with and without a batch, and a
worker is stopped for longer than its lease.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.chaos.batch_storm import INLINE_BYTES, BatchStorm
from tests.chaos.machine import Machine
from tests.chaos.storm import Storm, machine_for

SEED = 20_261
SHORT = {
    "CHANCERY_LEASE_SECONDS": "5",
    "CHANCERY_CALLBACK_TIMEOUT_SECONDS": "3",
    "CHANCERY_CALLBACK_LEASE_SECONDS": "6",
}


@pytest.mark.timeout(240)
async def test_jobs_survive_a_kill_of_every_service_and_a_stopped_worker(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    storm = Storm(SEED, 200, kills=1, stops=("worker",), stop_seconds=8, settle_seconds=120)
    done = await storm.run(machine_for(tmp_path, storm, supervised=True, **SHORT))
    with capsys.disabled():
        print(f"\n{done.line(f'chaos, short, seed {SEED}')}", file=sys.stderr)
    done.check()
    assert done.succeeded == done.accepted == 200
    assert done.approved > 0
    assert done.recovered_known < 10
    assert done.recovered_unknown < 30


@pytest.mark.timeout(240)
async def test_a_batch_survives_a_kill_of_every_service(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    storm = BatchStorm(SEED, 300, kills=1, settle_seconds=120)
    env = SHORT | {"CHANCERY_INLINE_RESULT_MAX_BYTES": str(INLINE_BYTES)}
    done = await storm.run(Machine(tmp_path, latency=0.8, env=env))
    with capsys.disabled():
        print(f"\n{done.line(f'batch, short, seed {SEED}')}", file=sys.stderr)
    done.check(storm.lines, storm.called_back)
    assert done.kills == 6
