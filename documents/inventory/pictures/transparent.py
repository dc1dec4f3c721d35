"""What transparency hides in a picture that is shown on white."""

from __future__ import annotations

from PIL import Image, ImageChops, ImageFilter

_FAINT = 16  # of 255: a pixel that is hardly visible
# Of 255: a step between pixels beside each other that is an edge, and one that cannot be seen.
_EDGE, _EVEN = 24, 12
_LEAST_EDGES = 24  # pixels: a rounded corner has fewer, and the smallest text has more
_NEAR = 3  # pixels across, in which the edges of both are the same


def hides_pixels(picture: Image.Image) -> bool:
    """Whether there is more than one color under the transparent pixels."""
    if not picture.has_transparency_data:
        return False
    layer = picture.convert("RGBA")
    clear = layer.getchannel("A").point(lambda alpha: 255 if alpha < _FAINT else 0)
    counts = layer.convert("RGB").histogram(clear)
    return any(sum(map(bool, counts[at : at + 256])) > 1 for at in range(0, 768, 256))


def shows_more(mask: Image.Image, seen: Image.Image) -> bool:
    """Whether an alpha channel has edges where the picture on white, of the same size, has none."""
    edges = _steps(mask).point(lambda step: 255 if step >= _EDGE else 0)
    even = _steps(seen.convert("L")).filter(ImageFilter.MaxFilter(_NEAR))
    more = ImageChops.multiply(edges, even.point(lambda step: 0 if step > _EVEN else 255))
    return more.histogram()[255] >= _LEAST_EDGES


def _steps(gray: Image.Image) -> Image.Image:
    """How much each pixel differs from those to the right of it and below it."""
    right, below = (ImageChops.offset(gray, *by) for by in ((-1, 0), (0, -1)))
    steps = ImageChops.lighter(
        ImageChops.difference(gray, right), ImageChops.difference(gray, below)
    )
    # The last row and column would be compared with the first.
    return steps.crop((0, 0, gray.width - 1, gray.height - 1))
