from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest

from documents.readers.ahead import Finish, finish_in_order


@pytest.mark.parametrize(
    ("threads", "expected"),
    [
        pytest.param(1, "a A b B c C d D", id="one thread: one page after the other"),
        pytest.param(2, "a b c A d B C D", id="two threads: two pages are read, one waits"),
        pytest.param(5, "a b c d A B C D", id="more threads than pages"),
    ],
)
def test_pages_are_added_in_their_order(threads: int, expected: str) -> None:
    steps: list[str] = []

    def pages() -> Iterator[Finish]:
        for page in "abcd":
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


def test_the_error_of_the_first_page_is_raised_with_those_of_later_pages() -> None:
    def fail(page: str) -> None:
        raise ValueError(page)

    def pages() -> Iterator[Finish]:
        yield partial(fail, "a")
        yield partial(fail, "b")
        raise ValueError("c")

    with pytest.raises(ValueError, match="a") as raised:
        finish_in_order(pages(), 2)
    assert raised.value.__notes__ == [
        "A later page could not be read either: ValueError('b')",
        "A later page could not be read either: ValueError('c')",
    ]


def test_one_error_of_two_pages_is_raised_once() -> None:
    error = ValueError("the same picture")

    def fail() -> None:
        raise error

    with pytest.raises(ValueError, match="the same picture") as raised:
        finish_in_order([fail, fail], 2)
    assert not hasattr(raised.value, "__notes__")
