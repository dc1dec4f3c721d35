"""Facts in several notations, and facts that a text does not contain, drawn with a seed."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from tasks.text.numbers import number_values

_DIGITS = "〇一二三四五六七八九"
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December"),
)
_PLACES = "临江 东岭 青石 南坪 白河 云阳 长桥 西渡 北固 新塘".split(" ")  # noqa: SIM905 - easier read
_BODIES = (
    *("财政局", "水务局", "城市管理局", "市场监督管理局", "教育局", "人民政府", "发展和改革委员会"),
    *("人力资源和社会保障局", "疾病预防控制中心", "第三人民医院", "城投集团有限公司", "农业银行"),
    *("大数据中心", "新闻发布中心", "专家指导委员会", "就业服务中心", "农业和水利局"),
    *(
        "应急指挥中心",
        "行政审批服务局",
        "公安分局交警大队",
        "社区居民委员会",
        "供水公司",
        "档案馆",
        "实验小学",
        "消防救援支队",
    ),
)
_CODES = ("政发", "府办发", "财预", "教基", "水资源", "卫医发", "发改投资", "市监注")
_AROUND_NUMBERS = (
    "共{}人参加。", "涉及{}户居民。", "安排资金{}元。", "已完成{}项。", "计{}件，逐一办理。",
    "约{}公里。",
)  # fmt: skip
_AROUND_DATES = (
    "自{}起施行。",
    "应当于{}前完成。",
    "{}召开会议。",
    "截至{}，已全部办结。",
    "（{}）",
)
_AROUND_ISSUES = (
    "根据{}要求落实。", "见{}。", "《通知》（{}）已印发。", "请按照{}执行。", "{}同时废止。",
)  # fmt: skip
_AROUND_NAMES = (
    "由{}牵头。", "会议要求{}抓好落实。", "{}负责解释。", "有关部门和{}应当配合。",
    "经{}批准后实施。",
    "抄送{}、各科室。", "请于月底前报{}。", "其中，{}的意见已采纳。",
    "会议听取了{}的汇报。", "会议建议{}尽快办理。", "各单位要积极配合{}开展工作。",
    "今年以来{}共受理来信多件。", "市民可以到{}办理。", "此前{}曾发文说明。",
    "该项工作由{}会同有关部门实施。", "请联系{}。", "市民咨询{}即可。", "委托{}组织实施。",
)  # fmt: skip


def chinese(number: int) -> str:
    """1 to 9999 in Chinese numerals."""
    written, zero = "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // unit % 10
        if digit:
            written += ("零" if zero and written else "") + _DIGITS[digit] + name
        zero = digit == 0
    return written[1:] if written.startswith("一十") else written


def dates(day: date) -> list[str]:
    """A date in the notations of Chinese and English documents."""
    year = "".join(_DIGITS[int(digit)] for digit in str(day.year))
    month, name = day.month, _MONTHS[day.month - 1]
    return [
        f"{day.year}年{month}月{day.day}日",
        f"{year}年{chinese(month)}月{chinese(day.day)}日",
        f"{day.year}-{month:02}-{day.day:02}",
        f"{day.year}.{month}.{day.day}",
        f"{day.day} {name} {day.year}",
        f"{name} {day.day}, {day.year}",
        f"the {day.day}th of {name} {day.year}",
    ]


def amounts(tens_of_thousands: int) -> list[str]:
    """A number of 万 (10,000) in several notations."""
    full = tens_of_thousands * 10_000
    return [
        f"{tens_of_thousands}万",
        f"{full:,}",
        f"{full}",
        f"{chinese(tens_of_thousands)}万",
        f"{tens_of_thousands / 10_000:.4f}".rstrip("0").rstrip(".") + "亿",
        f"{tens_of_thousands / 100:.2f}".rstrip("0").rstrip(".") + " million",
    ]


def shares(tenths: int) -> list[str]:
    """A number of tenths of a per cent in several notations."""
    plain = f"{tenths / 10:.1f}".removesuffix(".0")
    return [f"{plain}%", f"百分之{plain}", f"{plain} percent", f"{tenths}‰", f"千分之{tenths}"]


@dataclass(frozen=True, slots=True)
class Inventor:
    """Draws facts that `text` does not contain, each in a sentence."""

    text: str
    draw: random.Random

    def number(self) -> str:
        known = number_values(self.text)
        while True:
            value = self.draw.choice([self.draw.randint(20, 999), self.draw.randint(1_000, 9_999)])
            ways = [str(value), f"{value:,}", chinese(value), f"{value}万", f"{value}.5"]
            written = self.draw.choice(ways)
            if number_values(written).isdisjoint(known):
                return self.draw.choice(_AROUND_NUMBERS).format(written)

    def date(self) -> str:
        while True:
            day = date(1985, 1, 1) + timedelta(days=self.draw.randrange(18_000))
            written = self.draw.choice(dates(day)[:4])
            near = (f"{day.month}月{day.day}日", f"{day.year}年{day.month}月")
            if not any(one in self.text for one in near):
                return self.draw.choice(_AROUND_DATES).format(written)

    def issue_number(self) -> str:
        while True:
            place = self.draw.choice(_PLACES)[0]
            code, year = self.draw.choice(_CODES), self.draw.randint(2000, 2030)
            written = f"{place}{code}〔{year}〕{self.draw.randint(1, 300)}号"
            if written not in self.text:
                return self.draw.choice(_AROUND_ISSUES).format(written)

    def organisation(self) -> str:
        while True:
            name = organisation_name(self.draw)
            if name not in self.text:
                return self.draw.choice(_AROUND_NAMES).format(name)


def organisation_name(draw: random.Random) -> str:
    return f"{draw.choice(_PLACES)}{draw.choice(['市', '县', '区', ''])}{draw.choice(_BODIES)}"


def around(name: str, draw: random.Random) -> str:
    """A sentence about an organisation."""
    return draw.choice(_AROUND_NAMES).format(name)


def sentences(text: str) -> Sequence[str]:
    """The sentences of a Chinese text with more than 12 characters, in order."""
    return [one.strip() for one in re.findall(r"[^。\n]+。", text) if len(one.strip()) > 12]
