"""Pictures of pages of law text like those of a scanner: with a resolution, skew and noise.

`python -m bench.quality.pages FILE.png` writes the sample for the tests of OCR.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from bench.quality.measure import CannotMeasure

SAMPLES = Path(__file__).parents[2] / "tests" / "samples"
LAW = SAMPLES / "档案法(2020-06-20).md"

# A page by GB/T 9704-2012, in points: A4, characters of 16 pt, 28 per line, 22 lines per page.
_PAGE = (595.28, 841.89)
_LEFT, _TOP = 79.4, 104.9
_CHARACTER, _COLUMNS, _LINES, _LEADING = 16.0, 28, 22, 28.95
_NOT_FIRST = "，。、；：？！）》〉”’」』】〕"
_FONTS = ("Noto Serif CJK SC", "Noto Sans CJK SC", "WenQuanYi Zen Hei", "AR PL UMing CN")


class NoFont(CannotMeasure):
    """No Chinese font is installed on this machine."""


@dataclass(frozen=True, slots=True)
class Font:
    name: str
    path: str
    index: int


@dataclass(frozen=True, slots=True)
class Defects:
    """The defects of a scan: `skew` in degrees, `noise` as a standard deviation in gray levels."""

    skew: float = 0.0
    noise: float = 0.0
    blur: float = 0.0


def find_font(names: Sequence[str] = _FONTS) -> Font:
    """The first font of `names` that fontconfig finds. Raises `NoFont`."""
    program = shutil.which("fc-list")
    for name in names if program else ():
        found = subprocess.run(
            [str(program), f"{name}:style=Regular", "file", "index"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout.splitlines()
        if found:
            path, _, index = min(found).partition(": :index=")
            return Font(name, path, int(index or 0) & 0xFFFF)
    raise NoFont("No Chinese font is installed: apt-get install fonts-noto-cjk fontconfig.")


def law_paragraphs(path: Path = LAW) -> list[str]:
    """The paragraphs of a law without Markdown syntax and white space."""
    lines = (re.sub(r"^[#>*\-\s]+|\*\*", "", line) for line in path.read_text().splitlines())
    return [joined for line in lines if (joined := "".join(line.split()))]


def set_in_pages(paragraphs: Sequence[str]) -> list[list[str]]:
    """Pages of 22 lines of 28 characters; the first line of a paragraph is indented by two."""
    lines = []
    for paragraph in paragraphs:
        text = "\u3000\u3000" + paragraph
        while text:
            # A line may not begin with a closing mark: the character before it moves along.
            cut = _COLUMNS
            while text[cut : cut + 1] and text[cut] in _NOT_FIRST:
                cut -= 1
            lines.append(text[:cut])
            text = text[cut:]
    return [lines[at : at + _LINES] for at in range(0, len(lines), _LINES)]


def drawn(
    lines: Sequence[str], font: Font, dots: int, defects: Defects = Defects(), seed: int = 1
) -> Image.Image:
    scale = dots / 72
    width, height = (round(side * scale) for side in _PAGE)
    page = Image.new("L", (width, height), 250)
    pen = ImageDraw.Draw(page)
    face = ImageFont.truetype(font.path, round(_CHARACTER * scale), index=font.index)
    for row, line in enumerate(lines):
        # Each character has its cell in the grid of an official page.
        for column, char in enumerate(line):
            x, y = _LEFT + column * 442.2 / _COLUMNS, _TOP + row * _LEADING
            pen.text((x * scale, y * scale), char, font=face, fill=25)
    return _with_defects(page, defects, seed)


def _with_defects(page: Image.Image, defects: Defects, seed: int) -> Image.Image:
    if defects.skew:
        page = page.rotate(defects.skew, Image.Resampling.BICUBIC, fillcolor=250)
    if defects.blur:
        page = page.filter(ImageFilter.GaussianBlur(defects.blur))
    if defects.noise:
        chance = np.random.default_rng(seed)
        gray = np.asarray(page, dtype=np.float32) + chance.normal(0, defects.noise, page.size[::-1])
        specks = chance.random(gray.shape)
        gray[specks < 0.001] = 0
        page = Image.fromarray(gray.clip(0, 255).astype(np.uint8))
    return page


def _write_sample(path: Path) -> None:
    lines = set_in_pages(law_paragraphs())[1][:9]
    page = drawn(lines, find_font(), 120, Defects(skew=0.7))
    page.crop((0, 140, page.width, 640)).quantize(8).save(
        path, "PNG", dpi=(120, 120), optimize=True
    )


if __name__ == "__main__":
    _write_sample(Path(sys.argv[1]))
