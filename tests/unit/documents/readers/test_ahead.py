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
