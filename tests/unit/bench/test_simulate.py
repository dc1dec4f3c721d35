from __future__ import annotations

import pytest

from bench.simulate.events import Give, Machine, Places, Process, Simulation, Take, Use, Work
from bench.simulate.system import Plan, run_jobs, run_lines

COSTS = {"worker": 0.004, "valkey": 0.001, "scheduler": 0.001}


@pytest.mark.parametrize(("cores", "seconds"), [(1, 2.0), (2, 1.0)])
def test_processes_share_the_cores_of_their_machine(cores: int, seconds: float) -> None:
    machine, simulation, ended = Machine(cores), Simulation(), list[float]()

    def work(process: Process) -> Work:
        for _ in range(100):
            yield Use(process, 0.01)
        ended.append(simulation.now)

    for _ in range(2):
        simulation.start(work(Process(machine)))
    simulation.run(10)
    assert max(ended) == pytest.approx(seconds, abs=0.02)


def test_work_waits_for_a_place() -> None:
    simulation, places, machine, ended = Simulation(), Places(1), Machine(4), list[float]()

    def work() -> Work:
        yield Take(places)
        yield Use(Process(machine), 1.0)
        yield Give(places)
        ended.append(simulation.now)

    for _ in range(3):
        simulation.start(work())
    simulation.run(10)
    assert ended == [1.0, 2.0, 3.0]


def test_a_slow_engine_is_kept_full() -> None:
    outcome = run_lines(Plan(1, 64, 1.0, {}), COSTS)
    assert outcome.rate == pytest.approx(64 / 1.006, rel=0.03)
    assert outcome.use["worker"] == pytest.approx(0.25, rel=0.05)


def test_an_instant_engine_is_bounded_by_the_worker_and_two_workers_are_twice_as_fast() -> None:
    one, two = (run_lines(Plan(1, 64, 0.0, {"worker": n}), COSTS).rate for n in (1, 2))
    assert one == pytest.approx(250, rel=0.02)
    assert two == pytest.approx(500, rel=0.02)


def test_single_jobs_are_bounded_by_the_cores() -> None:
    costs = {**COSTS, "api": 0.002, "courier": 0.001, "load": 0.001}
    assert run_jobs(Plan(1, 64, 0.0, {}, 2), costs, 32, 1000) == pytest.approx(200, rel=0.1)
