"""Scanned last pages of letters with a seal over the issuer and the date, whose words are known."""

from __future__ import annotations

import io
import math
import random
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from bench.quality.pages import Font
from documents.page.blocks import Box

_PAGE = (595.28, 841.89)  # points
_SIZE, _LEADING = 16.0, 28.95  # points: GB/T 9704-2012
_FINE = 2  # the seal is drawn so many times larger and reduced
COLORS = {
    "red": (205, 25, 35),
    "vermilion": (225, 60, 30),
    "crimson": (170, 15, 55),
    "blue": (35, 65, 175),
    "purple": (130, 35, 140),
}
STRENGTHS = (0.4, 0.65, 0.9)
DOTS = (150, 200, 300)
_ISSUERS = (
    "临川市档案管理局", "云岭县人民政府办公室", "海曲市住房和城乡建设局", "江岸区市场监督管理局",
    "松山县自然资源局", "平湖镇人民政府", "东港市行政审批服务局", "清源县农业农村局",
    "南屏区民政局", "金沙市财政局",
)  # fmt: skip
_LOWER = ("", "", "审批专用章", "", "档案专用章")
_BODY = (
    "请各单位于收到本通知之日起十个工作日内，将自查",
    "情况和整改方案以书面形式报送，逾期未报的予以通报。",
    "联系人和电话见附件，附件一式三份。",
)
_UPPER = (_BODY * 4)[:11]


@dataclass(frozen=True, slots=True)
class DrawnSeal:
    """A seal: `lower` is the text across its lower half; `box` is in points of the page."""

    shape: str
    text: str
    lower: str
    color: str
    strength: float
    degrees: float
    box: Box


@dataclass(frozen=True, slots=True)
class SealedPage:
    """A page: `beneath` has the lines that the seal touches, and which of their characters."""

    picture: Image.Image
    dots: int
    issuer: str
    beneath: tuple[tuple[str, tuple[int, ...]], ...]
    seal: DrawnSeal


def sealed_pages(count: int, font: Font) -> list[SealedPage]:
    return [_page(number, font) for number in range(count)]


def _page(number: int, font: Font) -> SealedPage:
    chance = random.Random(number)
    dots = DOTS[number % len(DOTS)]
    issuer = _ISSUERS[number % len(_ISSUERS)]
    date = f"20{chance.randint(18, 26)}年{chance.randint(1, 12)}月{chance.randint(1, 28)}日"
    scale = dots / 72
    picture = Image.new("RGB", (round(_PAGE[0] * scale), round(_PAGE[1] * scale)), (250, 249, 246))
    pen = ImageDraw.Draw(picture)
    face = ImageFont.truetype(font.path, round(_SIZE * scale), index=font.index)
    placed: list[tuple[str, float, float]] = []
    for row, line in enumerate(_UPPER):
        placed.append((line, 80.0, 90.0 + row * _LEADING))
    below = 90.0 + (len(_UPPER) + 1) * _LEADING
    right = _PAGE[0] - 80.0 - 4 * _SIZE
    placed.append((issuer, right - len(issuer) * _SIZE, below))
    placed.append(
        (date, right - (len(issuer) * _SIZE + face.getlength(date) / scale) / 2, below + _LEADING)
    )
    for line, left, top in placed:
        pen.text((left * scale, top * scale), line, font=face, fill=(28, 28, 30))
    middle = (right - len(issuer) * _SIZE / 2, below + 0.6 * _LEADING + chance.uniform(-12, 6))
    seal = _seal(number, issuer, middle, chance)
    picture = _stamped(picture, seal, scale, font, number)
    beneath = tuple(
        (line, under)
        for line, left, top in placed
        if (under := _under(line, (left, top), face, scale, seal.box))
    )
    return SealedPage(_scanned(picture, number), dots, issuer, beneath, seal)


def _seal(
    number: int, issuer: str, middle: tuple[float, float], chance: random.Random
) -> DrawnSeal:
    shape = "oval" if number % 5 == 4 else "round"
    width, height = (128.0, 91.0) if shape == "oval" else (119.0, 119.0)  # points: 45 mm by 32, 42
    x, y = middle
    return DrawnSeal(
        shape,
        issuer,
        "发票专用章" if shape == "oval" else _LOWER[number % len(_LOWER)],
        list(COLORS)[number // 3 % len(COLORS)],
        STRENGTHS[(number + number // 3) % len(STRENGTHS)],
        chance.uniform(-10, 10) if shape == "oval" else chance.uniform(-30, 30),
        (x - width / 2, y - height / 2, x + width / 2, y + height / 2),
    )


def _under(
    line: str,
    place: tuple[float, float],
    face: ImageFont.FreeTypeFont,
    scale: float,
    box: Box,
) -> tuple[int, ...]:
    """The indexes of the characters whose middle is inside the seal."""
    found = []
    for at, char in enumerate(line):
        x = place[0] + (face.getlength(line[:at]) + face.getlength(char) / 2) / scale
        across = (x - (box[0] + box[2]) / 2) / ((box[2] - box[0]) / 2)
        down = (place[1] + _SIZE * 0.6 - (box[1] + box[3]) / 2) / ((box[3] - box[1]) / 2)
        if math.hypot(across, down) < 1:
            found.append(at)
    return tuple(found)


def _stamped(
    picture: Image.Image, seal: DrawnSeal, scale: float, font: Font, number: int
) -> Image.Image:
    """The picture, darkened by the ink of the seal, which is uneven."""
    ink = _ink(seal, scale, font)
    chance = np.random.default_rng(number)
    blots = Image.fromarray(chance.integers(0, 256, (9, 9)).astype(np.uint8))
    uneven = np.asarray(blots.resize(ink.size, Image.Resampling.BICUBIC), np.float32) / 255
    share = np.asarray(ink, np.float32) / 255 * seal.strength * (0.75 + 0.25 * uneven)
    left = round((seal.box[0] + seal.box[2]) / 2 * scale - ink.width / 2)
    top = round((seal.box[1] + seal.box[3]) / 2 * scale - ink.height / 2)
    pixels = np.asarray(picture, np.float32).copy()
    area = pixels[top : top + ink.height, left : left + ink.width]
    color = np.array(COLORS[seal.color], np.float32) / 255
    area *= 1 - share[..., None] * (1 - color)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def _ink(seal: DrawnSeal, scale: float, font: Font) -> Image.Image:
    """Where the seal has ink, from 0 to 255, turned by its degrees."""
    fine = scale * _FINE
    width, height = (seal.box[2] - seal.box[0]) * fine, (seal.box[3] - seal.box[1]) * fine
    side = round(math.hypot(width, height) * 1.05)
    layer = Image.new("L", (side, side), 0)
    pen = ImageDraw.Draw(layer)
    middle = side / 2
    thick = round(3.4 * fine)  # points: 1.2 mm
    pen.ellipse(
        (middle - width / 2, middle - height / 2, middle + width / 2, middle + height / 2),
        outline=255, width=thick,
    )  # fmt: skip
    _write_ring(layer, seal.text, (width, height), fine, font)
    if seal.shape == "round":
        pen.polygon(_star(middle, width * 0.15), fill=255)
    if seal.lower:
        face = ImageFont.truetype(font.path, round(11.5 * fine), index=font.index)
        place = (middle, middle + height * (0.24 if seal.shape == "round" else 0.12))
        pen.text(place, seal.lower, font=face, fill=255, anchor="mm")
    turned = layer.rotate(-seal.degrees, Image.Resampling.BICUBIC)
    return turned.resize((round(side / _FINE),) * 2, Image.Resampling.BOX)


def _star(middle: float, radius: float) -> list[tuple[float, float]]:
    return [
        (
            middle + (radius if at % 2 == 0 else radius * 0.4) * math.sin(math.pi * at / 5),
            middle - (radius if at % 2 == 0 else radius * 0.4) * math.cos(math.pi * at / 5),
        )
        for at in range(10)
    ]


def _write_ring(
    layer: Image.Image, text: str, size: tuple[float, float], fine: float, font: Font
) -> None:
    """Write the text clockwise along the inside of the ring, upright at the top."""
    points = 15.5 if size[0] == size[1] else 12.5
    face = ImageFont.truetype(font.path, round(points * fine), index=font.index)
    reach = 235 if len(text) > 8 else 200  # degrees that the text takes
    across = size[0] / 2 - (4.5 + points * 0.62) * fine
    down = size[1] / 2 - (4.5 + points * 0.62) * fine
    for at, char in enumerate(text):
        angle = math.radians(-reach / 2 + reach * at / (len(text) - 1))
        normal = math.atan2(math.sin(angle) / across, math.cos(angle) / down)
        cell = Image.new("L", (round(points * fine * 1.6),) * 2, 0)
        ImageDraw.Draw(cell).text((cell.width / 2,) * 2, char, font=face, fill=255, anchor="mm")
        turned = cell.rotate(-math.degrees(normal), Image.Resampling.BICUBIC)
        x = layer.width / 2 + across * math.sin(angle) - turned.width / 2
        y = layer.height / 2 - down * math.cos(angle) - turned.height / 2
        layer.paste(255, (round(x), round(y)), turned)


def _scanned(picture: Image.Image, number: int) -> Image.Image:
    """The picture with the blur, the noise and the compression of a scanner."""
    chance = np.random.default_rng(number + 1_000)
    blurred = np.asarray(picture.filter(ImageFilter.GaussianBlur(0.5)), np.float32)
    noisy = blurred + chance.normal(0, 6, blurred.shape)
    written = io.BytesIO()
    Image.fromarray(noisy.clip(0, 255).astype(np.uint8)).save(written, "JPEG", quality=80)
    return Image.open(written).convert("RGB")
