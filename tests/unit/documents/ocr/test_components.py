"""Components are those that OpenCV labels."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from documents.ocr.components import components

Pixels = npt.NDArray[np.uint8]


def specks(share: float, size: int) -> Pixels:
    """Squares at random places, of which some touch at corners and some have holes."""
    chance = np.random.default_rng(1)
    ink = (chance.random((120, 90)) < share).astype(np.uint8)
    grown = cv2.dilate(ink, np.ones((size, size), np.uint8))
    outlines = cv2.morphologyEx(grown, cv2.MORPH_GRADIENT, np.ones((2, 2), np.uint8))
    return (outlines if size > 1 else ink).astype(np.uint8)


def nested() -> Pixels:
    """A speck within a ring within a ring."""
    ink = np.zeros((60, 60), np.uint8)
    for radius in (28, 18, 2):
        cv2.circle(ink, (30, 30), radius, 255, 2)
    return ink


@pytest.mark.parametrize(
    "ink",
    [
        pytest.param(specks(0.3, 1), id="pixels"),
        pytest.param(specks(0.02, 5), id="outlines"),
        pytest.param(nested(), id="within holes"),
        pytest.param(np.zeros((30, 30), np.uint8), id="none"),
        pytest.param(np.ones((30, 30), np.uint8), id="all"),
    ],
)
def test_components_are_those_of_connected_pixels(ink: Pixels) -> None:
    _, labels, boxes, _ = cv2.connectedComponentsWithStats(ink)
    found = list(components(ink))
    assert sorted(one[:4] for one in found) == sorted(tuple(map(int, box[:4])) for box in boxes[1:])
    for one in found:
        column, row = one.pixel
        label = labels[row, column]
        assert label > 0
        assert np.array_equal(one.mask(ink), labels[one.area] == label)
