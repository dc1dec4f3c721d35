from __future__ import annotations

from collections.abc import Sequence

import pytest

from bench.simulate.__main__ import beside, need_of_jobs, need_of_lines
from bench.simulate.events import (
    Give,
    Group,
    Join,
    Machine,
    Places,
    Process,
    Simulation,
    Take,
    Use,
    Wait,
    Work,
)
from bench.simulate.system import Plan, run_arrivals, run_jobs, run_lines
from worker.claim_loop import GROUP_SECONDS

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


def test_a_process_that_always_has_work_leaves_the_core_to_others_in_turns() -> None:
    machine, simulation, ended = Machine(1), Simulation(), dict[str, float]()

    def work(name: str, process: Process, seconds: float) -> Work:
        yield Use(process, seconds)
        ended[name] = simulation.now

    busy = Process(machine)
    for number in range(100):
        simulation.start(work(f"busy {number}", busy, 0.01))
    simulation.start(work("other", Process(machine), 0.01))
    simulation.run(10)
    assert ended["other"] == pytest.approx(0.02)


def test_a_process_that_flushes_does_all_that_has_arrived_and_needs_no_core_for_the_disk() -> None:
    machine, simulation, ended = Machine(1), Simulation(), list[float]()
    flushing, other = Process(machine, flush=1.0), Process(machine)

    def work(process: Process, seconds: float) -> Work:
        yield Use(process, seconds)
        ended.append(simulation.now)

    for process, seconds in ((flushing, 0.1), (flushing, 0.1), (flushing, 0.1), (other, 0.5)):
        simulation.start(work(process, seconds))
    simulation.run(10)
    # The first alone; the two that arrived meanwhile share the second flush.
    assert ended == pytest.approx([0.6, 1.1, 2.3, 2.3])
    assert flushing.busy == pytest.approx(0.3)


def test_other_processes_leave_less_of_the_machine() -> None:
    assert beside({"worker": 0.002}, 0.75) == {"worker": pytest.approx(0.008)}


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


@pytest.mark.parametrize(
    ("group", "ended"),
    [
        (Group(apart=1.0), [0.0, 1.0, 1.0, 2.0]),
        (Group(after_first=1.0), [1.0, 1.0, 1.0, 2.5]),
    ],
    ids=["apart", "after the first"],
)
def test_work_that_arrives_at_nearly_the_same_time_goes_on_together(
    group: Group, ended: Sequence[float]
) -> None:
    simulation, found = Simulation(), list[float]()

    def work(seconds: float) -> Work:
        yield Wait(seconds)
        yield Join(group)
        found.append(simulation.now)

    for seconds in (0.0, 0.7, 0.9, 1.5):
        simulation.start(work(seconds))
    simulation.run(10)
    assert found == pytest.approx(ended)


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


def test_single_jobs_are_bounded_by_what_one_receiver_takes_at_a_time() -> None:
    costs = {"worker": 1e-4, "valkey": 1e-4, "scheduler": 0.0, "courier": 1e-4}

    def rate(**plan: int) -> float:
        return run_jobs(Plan(1, 64, 0.0, {}, **plan), costs, 32, 1000)

    one = rate(parallel=2)
    # A delivery has its place for the time in which others share its claim.
    assert 2 / (GROUP_SECONDS + 0.002) < one < 2 / GROUP_SECONDS
    assert rate(parallel=1) == pytest.approx(one / 2, rel=0.15)
    assert rate(parallel=2, receivers=2) > 1.5 * one


JOB = {**COSTS, "api": 0.002, "courier": 0.001, "load": 0.0, "engine": 0.0}


def test_jobs_that_arrive_at_a_rate_use_each_process_in_proportion() -> None:
    outcome = run_arrivals(Plan(10, 256, 1.0, {}), JOB, 100.0)
    assert outcome.rate == pytest.approx(100, rel=0.03)
    assert outcome.use["worker"] == pytest.approx(0.4, rel=0.05)
    assert outcome.use["courier"] == pytest.approx(0.1, rel=0.05)


def test_what_engines_need_has_enough_processes_and_names_the_bottleneck() -> None:
    few, many = (need_of_jobs(engines, 20.0, 256, JOB) for engines in (10, 100))
    assert few.counts == {"api": 1, "worker": 2, "courier": 1}
    assert few.reached == pytest.approx(200, rel=0.03)
    assert few.bottlenecks == []
    assert many.bottlenecks == ["scheduler", "valkey"]
    assert many.reached < 1_100
    assert "the bottleneck is valkey" in many.text()


def test_lines_of_an_engine_need_one_worker() -> None:
    need = need_of_lines(1, 20.0, 64, JOB)
    assert need.counts == {"worker": 1}
    assert need.reached == pytest.approx(20, rel=0.05)
