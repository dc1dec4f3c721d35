from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event, get_ident

import pytest

from documents.ocr.sharing import shared


def test_results_are_in_the_order_of_the_items() -> None:
    with ThreadPoolExecutor(3) as pool:
        assert shared(pool, 3, pow, range(50), [2] * 50) == [number**2 for number in range(50)]
    assert shared(None, 0, pow, range(5), [2] * 5) == [0, 1, 4, 9, 16]
    assert shared(None, 0, pow, [], []) == []


def test_an_idle_thread_takes_a_share() -> None:
    together = Barrier(2, timeout=60)

    def threads(_: int) -> int:
        together.wait()
        return get_ident()

    with ThreadPoolExecutor(1) as pool:
        assert len(set(shared(pool, 1, threads, range(2)))) == 2


def test_the_work_of_a_task_is_done_while_all_other_threads_are_busy() -> None:
    go_on = Event()
    with ThreadPoolExecutor(2) as pool:
        busy = pool.submit(go_on.wait, 60)
        assert pool.submit(shared, pool, 1, abs, [-1, -2]).result(60) == [1, 2]
        go_on.set()
        assert busy.result()


@pytest.mark.parametrize("bad", [0, 1])
def test_an_error_of_any_thread_is_raised(bad: int) -> None:
    together = Barrier(2, timeout=60)

    def fail_at(number: int) -> int:
        together.wait()
        if number == bad:
            raise ValueError(number)
        return number

    with ThreadPoolExecutor(1) as pool, pytest.raises(ValueError, match=str(bad)):
        shared(pool, 1, fail_at, range(2))
