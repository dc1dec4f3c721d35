"""Generated messages of citizens, and the tree of units to which they are dispatched.

The phrases in `citizen_matters.json` were written for this purpose. `other_words` describe the same
matters as `phrases` without their words, so a method can learn from one set and be measured on the
other.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_ROADS = (
    "人民路",
    "建设大道",
    "解放街",
    "新华路",
    "滨河路",
    "学府街",
    "东风巷",
    "和平里",
    "长江道",
)
_ESTATES = ("阳光花园", "锦绣家园", "幸福里小区", "翠湖苑", "东方名城", "安居小区", "紫荆园")
_WHEN = ("昨天", "这几天", "上周末", "最近一个月", "今天早上", "从去年冬天起", "国庆以来")
_OPENINGS = ("", "您好，", "你好，我想反映一个问题：", "工作人员好，", "尊敬的领导，", "市民来电：")
_CLOSINGS = (
    "",
    "请尽快处理。",
    "希望有关部门管一管。",
    "打过几次电话都没有结果。",
    "请问该找哪里？",
    "麻烦给个答复，谢谢。",
)
_FORMS = (
    "{opening}{where}{phrase}。{closing}",
    "{opening}{when}{where}{phrase}，{closing}",
    "{opening}我住在{where}附近，{phrase}。{closing}",
    "{where}，{when}，{phrase}。{closing}",
)


@dataclass(frozen=True, slots=True)
class Place:
    """A leaf of the tree. `keywords` are what an official would note for it."""

    id: str
    unit: str
    name: str
    keywords: Sequence[str]
    phrases: Sequence[str]
    other_words: Sequence[str]


@dataclass(frozen=True, slots=True)
class Message:
    text: str
    label: str


UNITS: Mapping[str, str] = {
    "cg": "城市管理局",
    "zj": "住房和城乡建设局",
    "rs": "人力资源和社会保障局",
    "jt": "交通运输局",
    "hj": "生态环境局",
}

PLACES: Sequence[Place] = [
    Place(**fields)
    for fields in json.loads(Path(__file__).with_name("citizen_matters.json").read_text())
]


def tree() -> list[dict[str, Any]]:
    """The tree as `options.tree` takes it."""
    return [
        {
            "id": unit,
            "name": name,
            "children": [
                {"id": place.id, "name": place.name, "keywords": list(place.keywords)}
                for place in PLACES
                if place.unit == unit
            ],
        }
        for unit, name in UNITS.items()
    ]


def messages(
    of_each: int, seed: int, *, places: Sequence[Place] = PLACES, other_words: bool = False
) -> list[Message]:
    """`of_each` messages for each place, shuffled; the same for the same `seed`."""
    draw = random.Random(seed)
    found = [
        Message(_written(draw, place.other_words if other_words else place.phrases), place.id)
        for place in places
        for _ in range(of_each)
    ]
    draw.shuffle(found)
    return found


def _written(draw: random.Random, phrases: Sequence[str]) -> str:
    return draw.choice(_FORMS).format(
        opening=draw.choice(_OPENINGS),
        where=draw.choice(draw.choice((_ROADS, _ESTATES))),
        when=draw.choice(_WHEN),
        phrase=draw.choice(phrases),
        closing=draw.choice(_CLOSINGS),
    )
