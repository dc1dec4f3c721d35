"""The documents that the demo sends, each with a task and its options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[2] / "tests" / "samples"


@dataclass(frozen=True, slots=True)
class Sample:
    """A file in `tests/samples`, its task and options, and `about`, a description to print."""

    file: str
    about: str
    task: str
    options: Mapping[str, Any]

    @property
    def path(self) -> Path:
        return FOLDER / self.file


SAMPLES = (
    Sample(
        "档案法(2020-06-20).md",
        "a national law, Markdown",
        "classify",
        {
            "labels": [
                {"name": "法律", "description": "全国人民代表大会及其常务委员会制定的法律"},
                {"name": "通知", "description": "行政机关发布的通知、公告"},
                {"name": "来信", "description": "群众的来信、投诉、建议"},
            ]
        },
    ),
    Sample(
        "business-licence.docx",
        "an application, Word",
        "extract",
        {
            "schema": {
                "type": "object",
                "properties": {
                    "company": {"type": "string", "maxLength": 40},
                    "registration_number": {"type": "string", "maxLength": 20},
                    "date_of_application": {"type": "string", "maxLength": 20},
                },
                "required": ["company", "registration_number", "date_of_application"],
                "additionalProperties": False,
            }
        },
    ),
    Sample("water-notice.pdf", "a public notice, PDF", "summarize", {"max_words": 60}),
    Sample(
        "hotline-message.txt",
        "a citizen's message, GB18030 text",
        "classify",
        {
            "labels": [
                {"name": "市政管理", "description": "道路、路灯、桥梁、排水等市政设施"},
                {"name": "环境保护", "description": "噪声、空气、水和垃圾污染"},
                {"name": "公安交通", "description": "治安、交通事故、违章停车"},
                {"name": "教育", "description": "学校、入学、培训机构"},
            ]
        },
    ),
)
