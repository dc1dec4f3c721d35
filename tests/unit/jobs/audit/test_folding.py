"""Equal records become one line with a count; distinct ones do not."""

from __future__ import annotations

from jobs.audit.folding import FOLD_SECONDS, MOST_OPEN, Folding
from tests.unit.jobs.audit.audit_kit import record


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_equal_records_of_a_minute_are_counted_in_one() -> None:
    clock = Clock()
    folding = Folding(clock)
    assert [folding.admit(record(1)) for _ in range(5)] == [True, False, False, False, False]
    assert folding.due() == []
    clock.now += FOLD_SECONDS + 1
    (folded,) = folding.due()
    assert folded.times == 4
    assert folded.until is not None
    assert folded.until >= folded.at
    assert folding.admit(record(1))


def test_a_record_that_came_once_is_not_written_again() -> None:
    folding = Folding(Clock())
    folding.admit(record(1))
    assert folding.due(everything=True) == []


def test_what_differs_is_recorded_on_its_own() -> None:
    folding = Folding(Clock())
    different = [
        record(1), record(2), record(1, action="job.cancel"), record(1, status=404),
        record(1, key="a"), record(1, source="10.1.2.4"),
    ]  # fmt: skip
    assert all(folding.admit(each) for each in different)


def test_invented_targets_are_folded() -> None:
    folding = Folding(Clock())
    admitted = [folding.admit(record(n, status=404, problem="not-found")) for n in range(100)]
    assert admitted.count(True) == 1
    (folded,) = folding.due(everything=True)
    assert folded.times == 99


def test_open_records_are_bounded() -> None:
    folding = Folding(Clock())
    for number in range(MOST_OPEN + 10):
        folding.admit(record(number))
        folding.admit(record(number))
    assert len(folding.due()) == 10
