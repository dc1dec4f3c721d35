"""The pictures on an OFD page, and the page rendered from them for OCR.

A picture fills the unit square, which its matrix maps to millimetres in its own box (GB/T
33190-2016, 10). Its file is a resource of the document or of the page (7.9).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial

from lxml import etree
from PIL import Image

from documents.errors import CorruptDocument
from documents.page.blocks import Box
from documents.readers.ofd.objects import Matrix, Placed
from documents.readers.ofd.package import Parts, below, children
from documents.readers.ofd.page import POINTS
from documents.readers.pictures import decoded_picture
from documents.readers.scanned_pages import DOTS, MOST_SIDE, Rendered

_LEAST_DOTS = 90  # per inch: lines of a picture with fewer are detected better on an enlarged one
_DISTORTION = 0.02
_OVER_EDGE = 1.0  # points
_MOST_PICTURES = 1_000  # on a page: some programs cut a scan into strips


@dataclass(frozen=True, slots=True)
class Picture:
    """`matrix` maps the unit square, with y down, to points of the page."""

    resource: str
    matrix: Matrix

    @property
    def box(self) -> Box:
        a, b, c, d, e, f = self.matrix
        xs, ys = (e, e + a, e + c, e + a + c), (f, f + b, f + d, f + b + d)
        return min(xs), min(ys), max(xs), max(ys)


def picture(placed: Placed) -> Picture:
    """The picture that an image object draws."""
    a, b, c, d, e, f = (number * POINTS for number in placed.matrix)
    return Picture(placed.element.get("ResourceID") or "", (a, b, c, d, e, f))


def media(resources: Sequence[tuple[str, etree._Element]]) -> Mapping[str, tuple[str, str]]:
    """The files that resource parts define, by resource id.

    Each is the part that references the file, and the path in that part.
    """
    found: dict[str, tuple[str, str]] = {}
    for path, root in resources:
        folder = (root.get("BaseLoc") or "").strip().rstrip("/")
        for entry in below(root, "MultiMedia"):
            for file in children(entry, "MediaFile"):
                name = (file.text or "").strip()
                found[entry.get("ID") or ""] = (path, f"{folder}/{name}" if folder else name)
    return found


def rendered(
    parts: Parts,
    files: Mapping[str, tuple[str, str]],
    placed: Sequence[Picture],
    size: tuple[float, float],
) -> Rendered | None:
    """Render a page of `size` points with only these pictures; None if one cannot be decoded.

    A page that shows one picture as it is stored is that picture, which masking reads as well: what
    OCR read of it need not be read again.
    """
    if not 0 < len(placed) <= _MOST_PICTURES or min(size) <= 0:
        return None
    # A page may show one picture many times; few are held in memory.
    decoded = lru_cache(maxsize=2)(partial(_decoded, parts, files))
    placed = list(dict.fromkeys(placed))
    if len(placed) == 1:
        alone = decoded(placed[0].resource)
        whole = _as_stored(alone, placed[0], size) if alone else None
        if whole is not None:
            return whole
    scale = min(DOTS / 72, MOST_SIDE / max(size))
    page = Image.new("RGB", (math.ceil(size[0] * scale), math.ceil(size[1] * scale)), "white")

    for each in placed:
        picture = decoded(each.resource)
        if picture is None:
            return None
        _draw(page, picture.convert("RGB"), each, scale)
    return Rendered(page, 1 / scale)


def _decoded(
    parts: Parts, files: Mapping[str, tuple[str, str]], resource: str
) -> Image.Image | None:
    data = parts.data(*files.get(resource, ("", "")))
    try:
        return decoded_picture(data) if data else None
    except CorruptDocument:  # damaged, or of an unsupported format such as JBIG2
        return None


def _as_stored(picture: Image.Image, placed: Picture, size: tuple[float, float]) -> Rendered | None:
    """The picture itself, if the page shows all of it upright, with pixels that are square."""
    a, b, c, d, *_ = placed.matrix
    left, top, right, bottom = placed.box
    is_inside = min(left, top, size[0] - right, size[1] - bottom) >= -_OVER_EDGE
    if b or c or min(a, d) <= 0 or not is_inside:
        return None
    across, down = a / picture.width, d / picture.height
    if abs(across - down) > _DISTORTION * down or max(across, down) > 72 / _LEAST_DOTS:
        return None
    return Rendered(picture, (across + down) / 2, (left, top))


def _draw(page: Image.Image, picture: Image.Image, placed: Picture, scale: float) -> None:
    """Draw a picture, clipped to the page."""
    a, b, c, d, e, f = (number * scale for number in placed.matrix)
    left, top, right, bottom = (edge * scale for edge in placed.box)
    x, y = max(0, math.floor(left)), max(0, math.floor(top))
    size = (min(page.width, math.ceil(right)) - x, min(page.height, math.ceil(bottom)) - y)
    area = a * d - b * c
    if min(size) <= 0 or not area:
        return
    # Scaled first, because the transform below samples single pixels.
    wide, high = (max(1, min(MOST_SIDE, round(math.hypot(*side)))) for side in ((a, b), (c, d)))
    picture = picture.resize((wide, high), Image.Resampling.LANCZOS)
    over, under = wide / area, high / area
    back = (
        d * over, -c * over, (c * (f - y) - d * (e - x)) * over,
        -b * under, a * under, (b * (e - x) - a * (f - y)) * under,
    )  # fmt: skip
    covers = Image.new("L", picture.size, 255)
    turned = picture.transform(size, Image.Transform.AFFINE, back, Image.Resampling.BILINEAR)
    mask = covers.transform(size, Image.Transform.AFFINE, back, Image.Resampling.BILINEAR)
    page.paste(turned, (x, y), mask)
