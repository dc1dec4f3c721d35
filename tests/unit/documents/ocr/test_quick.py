from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from documents.ocr.quick import is_certain, read_lines

NONE, ONE, TWO, OTHER = range(4)
Column = dict[int, float]


def certain(*columns: Column) -> bool:
    probabilities = np.zeros((len(columns), 4), np.float32)
    for at, column in enumerate(columns):
        for character, probability in column.items():
            probabilities[at, character] = probability
    return is_certain(probabilities, probabilities.argmax(axis=1), probabilities.max(axis=1))


def test_a_line_of_probable_characters_is_certain() -> None:
    assert certain({NONE: 1.0}, {ONE: 0.98}, {NONE: 1.0}, {TWO: 0.99}, {TWO: 0.97})


def test_a_column_between_a_character_and_none_is_certain() -> None:
    assert certain({ONE: 0.99}, {NONE: 0.6, ONE: 0.4}, {NONE: 0.6, TWO: 0.4}, {TWO: 0.99})


def test_a_column_with_a_character_or_none_is_certain() -> None:
    assert certain({ONE: 0.92, NONE: 0.08}, {ONE: 0.92, NONE: 0.08}, {NONE: 1.0}, {TWO: 0.99})


def test_a_column_may_hold_both_characters_beside_it() -> None:
    assert certain({ONE: 0.99}, {ONE: 0.5, TWO: 0.5}, {TWO: 0.99})


@pytest.mark.parametrize(
    "columns",
    [
        pytest.param([{NONE: 1.0}, {NONE: 1.0}], id="no character"),
        pytest.param([{ONE: 0.99}, {TWO: 0.85, NONE: 0.15}], id="an improbable character"),
        pytest.param([{ONE: 0.93, OTHER: 0.07}], id="a similar character"),
        pytest.param([{ONE: 0.99}, {NONE: 0.8, OTHER: 0.2}, {NONE: 1.0}], id="a lost character"),
        pytest.param(
            [{ONE: 0.99}, {NONE: 1.0}, {NONE: 0.9, ONE: 0.1}, {NONE: 1.0}],
            id="a lost character that was read before",
        ),
    ],
)
def test_a_line_that_may_hold_another_character_is_uncertain(columns: list[Column]) -> None:
    assert not certain(*columns)


@pytest.mark.parametrize(
    ("page", "tried"),
    [
        pytest.param("cccccc", "cccccc", id="clear"),
        pytest.param("uuccuu", "uuccuu", id="half of the first lines uncertain"),
        pytest.param("uuucuu", "uuuc", id="most of the first lines uncertain"),
        pytest.param("uuuucc", "uuuu", id="all of the first lines uncertain"),
        pytest.param("ccccuuuu", "ccccuuuu", id="the others uncertain"),
        pytest.param("cuc", "cuc", id="short"),
        pytest.param("", "", id="empty"),
    ],
)
def test_the_quick_network_stops_where_most_first_lines_are_uncertain(
    page: str, tried: str
) -> None:
    asked: list[str] = []

    def quick(line: tuple[int, str]) -> str | None:
        number, kind = line
        asked.append(kind)
        return f"quick {number}" if kind == "c" else None

    read = read_lines(list(enumerate(page)), quick, lambda line: f"exact {line[0]}", map)
    assert "".join(asked) == tried
    quickly = "".join(kind for kind in tried if kind == "c")
    assert sum(text.startswith("quick") for text in read) == len(quickly)
    assert [int(text.split()[1]) for text in read] == list(range(len(page)))


def test_lines_are_read_side_by_side_in_their_order() -> None:
    lines = list(range(50))
    with ThreadPoolExecutor(4) as pool:
        read = read_lines(lines, lambda line: line if line % 3 else None, float, pool.map)
    assert read == lines
    assert [type(text) for text in read] == [int if line % 3 else float for line in lines]
