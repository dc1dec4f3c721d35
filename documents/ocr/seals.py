"""Detects seals by the edge of their ink, and separates that ink from the text beneath it.

The ink has a colour, or on a scan without colour a tone between that of text and that of paper, or
that of text. In the last case the two cannot be separated.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product

import cv2
import numpy as np
import numpy.typing as npt

from documents.ocr.components import components
from documents.ocr.seal_edges import MOST_ASPECT, PixelBox, Pixels, Ring, ellipse, square

_SIDE = 1_200  # the picture is searched in this size
_LEAST = 0.06  # of the longer side: a smaller ring is a letter
_BRIGHT = 90  # the least of the brightest channel: darker pixels are black text
# How much an ink differs from gray: by the noise of the picture, between these limits.
_LEAST_CHROMA, _MOST_CHROMA, _NOISE = 22, 45, 6.0
_BLUR = 5  # pixels
_REACHES = (5, 17)  # pixels: parts of a ring that are nearer belong together
_MARGIN = 0.05  # of the ring's size
_LETTER = 0.6  # of the ring's height
_WORD = 1.7  # width by height: OCR may detect a seal as one letter
_SAME = 0.5  # of the smaller of two rings
_WHITE = 255.0
# A scan without color: the most that the channels differ, save for a few pixels.
_GRAY, _MOST_GRAY = 99.9, 16
# The ink of a gray scan, between its darkest text (0) and its paper (1): from one of these ...
_TONES = (0.1, 0.2)
_LIGHT_TONE = 0.88  # ... to this
_FLAT = 3  # pixels: edges of text have such tones too, and are thinner
_SHARE = 60  # of 255, of the pixels that are reduced to one
# The ink of a scan in black and white, on the same scale, and how much thicker the ring is than
# the strokes of text, of the longer side: 0.6 mm of an A4 page, of a ring of 1.2 mm.
_BLACK_TONE, _STROKE = 0.4, 0.002
_LEAST_SQUARE, _MOST_SQUARE = 0.045, 0.35  # of the longer side: 13 mm of an A4 page, a border
_TEXT = 150.0  # of 255: darker is text once the ink of the seal is as light as paper
_DARKEST = 2  # percentile of the pixels of a line
_REMNANT = 0.8  # of a line is inside a seal
_PAPER = 60  # percentile of the darkest channel


def rings(pixels: Pixels, lines: Sequence[PixelBox]) -> list[Ring]:
    """The seals on a picture in BGR.

    `lines` are the boxes of detected lines: a ring as high as its line is a letter.
    """
    height, width = pixels.shape[:2]
    scale = max(1.0, max(height, width) / _SIDE)
    size = (max(1, round(width / scale)), max(1, round(height / scale)))
    inks: list[tuple[Pixels, tuple[float, float] | None]]
    inks = [(ink, None) for ink in _inks(pixels, size)]
    inks += _gray_inks(pixels, size)
    found: list[Ring] = []
    for (ink, tones), reach in product(inks, _REACHES):
        if not ink.any():
            continue
        edges = [
            replace(_enlarged(one, scale, (width, height)), tones=tones)
            for one in _of_ink(ink, reach, max(size))
        ]
        # A black square is the cell of a table, or a code.
        found += [one for one in edges if not (one.is_black and one.shape == "square")]
    found = [one for one in found if not any(_is_letter(one.box, line) for line in lines)]
    found.sort(key=lambda one: (one.is_black, -_area(one.box)))
    kept: list[Ring] = []
    for one in found:
        if not any(_common(one.box, two.box) > _SAME * _area(one.box) for two in kept):
            kept.append(one)
    return sorted(kept, key=lambda one: (one.box[1], one.box[0]))


def without_ink(pixels: Pixels, found: Sequence[Ring]) -> Pixels:
    """The picture with the ink of the seals made as light as the paper.

    Of a pixel beneath a seal the brightest channel counts, in which its ink is lightest. Black
    seals stay as they are.
    """
    cleaned = pixels.copy()
    for ring in found:
        if ring.is_black:
            continue
        area = _area_of(ring, pixels.shape)
        part = pixels[area]
        inside = ring.mask(pixels.shape[:2], 1 + 2 * _MARGIN)[area] > 0
        light = part.max(axis=2).astype(np.float32)
        lifted = np.clip(light * (_WHITE / _level(part, ring, inside)), 0, _WHITE).astype(np.uint8)
        cleaned[area][inside] = lifted[inside][:, None]
    return cleaned


def is_remnant(cleaned: Pixels, found: Sequence[Ring], line: PixelBox) -> bool:
    """Whether a detected line on a picture without the ink of seals is what is left of their edges.

    It is lighter than text, and inside a seal.
    """
    left, top, right, bottom = (max(0, round(edge)) for edge in line)
    part = cleaned[top:bottom, left:right]
    if not part.size or float(np.percentile(part.max(axis=2), _DARKEST)) < _TEXT:
        return False
    return any(_common(line, ring.box) > _REMNANT * _area(line) for ring in found)


def only_ink(pixels: Pixels, ring: Ring) -> tuple[Pixels, tuple[int, int]]:
    """The ink of a seal, black on white, and the top left corner of that part of the picture.

    That of a black seal has the text beneath it.
    """
    area = _area_of(ring, pixels.shape)
    part = pixels[area]
    light, dark = part.max(axis=2).astype(np.float32), part.min(axis=2).astype(np.float32)
    if ring.is_black:
        return np.ascontiguousarray(part.min(axis=2)), (area[1].start, area[0].start)
    inked = _inked(part, ring)
    # The darkest channel is sharper than the difference of two, which JPEG stores coarsely.
    ink = float(np.median(dark[inked])) if inked.any() else 0.0
    paper = max(ink + 1.0, float(np.percentile(dark, _PAPER)))
    seal = np.clip((dark - ink) * (_WHITE / (paper - ink)), 0, _WHITE).astype(np.uint8)
    # Black text leaves holes in the ink over it.
    text = light * (_WHITE / _level(part, ring, np.bool_(True))) < _TEXT
    holes = cv2.dilate(text.astype(np.uint8), np.ones((3, 3), np.uint8))
    filled: Pixels = cv2.inpaint(seal, holes, 3, cv2.INPAINT_TELEA).astype(np.uint8, copy=False)
    return filled, (area[1].start, area[0].start)


def _level(part: Pixels, ring: Ring, inside: npt.NDArray[np.bool_] | np.bool_) -> float:
    """The brightness of the ink in the brightest channel."""
    chosen = part[_inked(part, ring) & inside]
    return float(np.median(chosen.max(axis=1))) if len(chosen) else _WHITE


def _inked(part: Pixels, ring: Ring) -> npt.NDArray[np.bool_]:
    """Where a part of the picture has the ink of a seal."""
    light, dark = part.max(axis=2), part.min(axis=2)
    if ring.tones is not None:
        return _flat(light, ring.tones) > 0
    chroma = light.astype(np.int16) - dark
    return np.asarray((chroma > _MOST_CHROMA) & (light > _BRIGHT))


def _area_of(ring: Ring, shape: Sequence[int]) -> tuple[slice, slice]:
    left, top, right, bottom = ring.box
    return (
        slice(max(0, math.floor(top)), min(shape[0], math.ceil(bottom))),
        slice(max(0, math.floor(left)), min(shape[1], math.ceil(right))),
    )


def _inks(pixels: Pixels, size: tuple[int, int]) -> Iterator[Pixels]:
    """Where the picture, reduced to a size, has red ink, and where it has blue or violet ink."""
    if not _has_color(pixels):
        return
    # In the mean of the pixels, a thin ring stays closed.
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (_BLUR, _BLUR), 0)
    blue, green, red = (channel.astype(np.int16) for channel in cv2.split(small))
    bright = np.maximum(np.maximum(blue, green), red) > _BRIGHT
    for chroma in (
        red - np.maximum(green, blue),
        np.maximum(blue - np.maximum(green, red), np.minimum(red, blue) - green),
    ):
        usual = float(np.median(chroma))
        noise = float(np.median(np.abs(chroma - usual)))
        least = min(_MOST_CHROMA, max(_LEAST_CHROMA, usual + _NOISE * noise))
        yield ((chroma > least) & bright).astype(np.uint8)


def _has_color(pixels: Pixels) -> bool:
    """Whether the channels of any pixel differ."""
    blue, green, red = cv2.split(pixels)
    return any(int(cv2.absdiff(one, green).max()) > _MOST_GRAY for one in (blue, red))


def _gray_inks(
    pixels: Pixels, size: tuple[int, int]
) -> Iterator[tuple[Pixels, tuple[float, float]]]:
    """Where a gray scan, reduced to a size, may have the ink of seals, and its tones.

    It is searched in full size: reduced, all text has such tones.
    """
    blue, green, red = cv2.split(np.ascontiguousarray(pixels[::3, ::3]))
    chroma = cv2.max(cv2.max(blue, green), red) - cv2.min(cv2.min(blue, green), red)
    if np.percentile(chroma, _GRAY) > _MOST_GRAY:
        return
    smooth = cv2.GaussianBlur(pixels[:, :, 1], (_FLAT, _FLAT), 0).astype(np.uint8, copy=False)
    text = float(np.percentile(smooth[::3, ::3], 100 - _GRAY))
    paper = float(np.percentile(smooth[::3, ::3], _PAPER))
    for tone in _TONES:
        tones = text + tone * (paper - text), text + _LIGHT_TONE * (paper - text)
        share = cv2.resize(_flat(smooth, tones), size, interpolation=cv2.INTER_AREA)
        yield (share > _SHARE).astype(np.uint8), tones
    black = 0.0, text + _BLACK_TONE * (paper - text)
    yield _thick(pixels[:, :, 1] < black[1], size), black


def _thick(dark: npt.NDArray[np.bool_], size: tuple[int, int]) -> Pixels:
    """Where a picture, reduced to a size, has dark strokes that are thicker than those of text."""
    side = max(_FLAT, round(_STROKE * max(dark.shape)))
    pen = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    strokes = cv2.morphologyEx(dark.astype(np.uint8) * 255, cv2.MORPH_OPEN, pen)
    return (cv2.resize(strokes, size, interpolation=cv2.INTER_AREA) > _SHARE).astype(np.uint8)


def _flat(gray: Pixels, tones: tuple[float, float]) -> Pixels:
    """255 where a gray picture has one of the tones all around."""
    least, most = (np.array(tone) for tone in (math.floor(tones[0]) + 1, math.ceil(tones[1]) - 1))
    within = cv2.inRange(gray, least, most)
    return cv2.erode(within, np.ones((_FLAT, _FLAT), np.uint8)).astype(np.uint8, copy=False)


def _of_ink(ink: Pixels, reach: int, side: int) -> Iterator[Ring]:
    """The edges of seals in an ink, in pixels of the reduced picture."""
    closed: Pixels = cv2.dilate(ink, np.ones((reach, reach), np.uint8)).astype(np.uint8, copy=False)
    for group in components(closed):
        long, short = max(group.width, group.height), min(group.width, group.height)
        if short < _LEAST_SQUARE * side or long > MOST_ASPECT * short:
            continue
        part = ink[group.area] * group.mask(closed)
        corner = float(group.left), float(group.top)
        ring = ellipse(part, corner) if short >= _LEAST * side else None
        found = ring or (
            square(part, ink[group.area], corner) if long < _MOST_SQUARE * side else None
        )
        if found is not None:
            yield found


def _enlarged(ring: Ring, scale: float, size: tuple[int, int]) -> Ring:
    """A ring of the reduced picture in pixels of the picture, its box with a margin."""
    left, top, right, bottom = ring.box
    margin = _MARGIN * max(right - left, bottom - top)
    return Ring(
        ring.shape,
        (ring.middle[0] * scale, ring.middle[1] * scale),
        ring.across * scale,
        ring.down * scale,
        ring.turn,
        (
            max(0.0, (left - margin) * scale),
            max(0.0, (top - margin) * scale),
            min(float(size[0]), (right + margin) * scale),
            min(float(size[1]), (bottom + margin) * scale),
        ),
    )


def _is_letter(ring: PixelBox, line: PixelBox) -> bool:
    left, top, right, bottom = line
    holds = left <= (ring[0] + ring[2]) / 2 <= right and top <= (ring[1] + ring[3]) / 2 <= bottom
    width, height = right - left, bottom - top
    is_word = max(width, height) > _WORD * min(width, height)
    return holds and is_word and min(width, height) > _LETTER * (ring[3] - ring[1])


def _common(one: PixelBox, other: PixelBox) -> float:
    """The area of what two boxes have in common."""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return max(0.0, width) * max(0.0, height)


def _area(box: PixelBox) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])
