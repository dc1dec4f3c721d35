"""One installation at a time works in a folder."""

from __future__ import annotations

import threading
from pathlib import Path

from folder_lock import only_one
from progress import Progress


def test_a_second_installation_says_that_it_waits_and_goes_on_after_the_first(
    tmp_path: Path,
) -> None:
    waits, entered = threading.Event(), threading.Event()

    class Second(Progress):
        def say(self, text: str) -> None:
            assert text == "waiting for another installation in this folder"
            waits.set()

    def second() -> None:
        with only_one(tmp_path, Second("test", tmp_path / "log")):
            entered.set()

    thread = threading.Thread(target=second, daemon=True)
    with only_one(tmp_path, Progress("test", tmp_path / "log")):
        thread.start()
        assert waits.wait(10)
        assert not entered.is_set()
    assert entered.wait(10)
    thread.join()
