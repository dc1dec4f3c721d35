from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest

from documents.readers.ahead import Finish, finish_in_order


@pytest.mark.parametrize(
    ("threads", "expected"),
    [
        pytest.param(1, "a A b B c C", id="one thread: one page after the other"),
        pytest.param(2, "a b A c B C", id="two threads: the next page has begun"),
        pytest.param(5, "a b c A B C", id="more threads than pages"),
    ],
)
def test_pages_are_added_in_their_order(threads: int, expected: str) -> None:
    steps: list[str] = []

    def pages() -> Iterator[Finish]:
        for page in "abc":
            steps.append(page)
            yield partial(steps.append, page.upper())

    finish_in_order(pages(), threads)
    assert " ".join(steps) == expected


@pytest.mark.parametrize("bad", ["a begins", "c begins", "a", "b"])
def test_an_error_is_raised_when_no_page_is_being_read(bad: str) -> None:
    begun: list[str] = []

    def step(name: str) -> None:
        if name == bad:
            raise ValueError(name)

    def finish(page: str) -> None:
        begun.remove(page)
        step(page)

    def pages() -> Iterator[Finish]:
        for page in "abc":
            step(f"{page} begins")
            begun.append(page)
            yield partial(finish, page)

    with pytest.raises(ValueError, match=bad):
        finish_in_order(pages(), 2)
    assert begun == []
