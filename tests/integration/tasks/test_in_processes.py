"""Tasks give the same result whether their steps run inline or in other processes."""

from __future__ import annotations

import json
from typing import Any

from documents.document import Document
from documents.isolation.compute import INLINE_BYTES, computing_in
from jobs.process.processes import task_processes
from jobs.process.settings import TaskSettings
from standin.scripted_engine import ScriptedEngine
from tasks.registry import TASKS
from tests.unit.tasks.asking import answer, options_of
from tests.unit.tasks.documents import document

LAW = "《市场管理办法》"
LONG = document(
    "关于市场管理的通知",
    *[
        f"第{number}条 2026年3月{number % 28 + 1}日起，市场每日9时开放,费用为{40 + number}元；"
        f"联系人王小明，电话1381234{number:04}。依据{LAW}第二条规定：“摊位费为每日五十元。”各单位应当布署。"
        for number in range(1, 150)
    ],
    headings=1,
)
# Tasks that work on texts; the others work on files.
NAMES = ("redact", "disclosure_review", "cite_check", "compare", "proofread")


async def result_of(name: str, given: Document) -> dict[str, Any]:
    task = TASKS[name]
    result = await task.run(given, options_of(task), ScriptedEngine(answer, context_tokens=8_000))
    dumped: dict[str, Any] = json.loads(result.model_dump_json())
    return dumped


async def test_a_step_in_a_process_gives_the_same_result() -> None:
    assert len(LONG.text.encode()) > INLINE_BYTES
    limits = {"timeout_seconds": 60, "memory_mib": 1_024, "compute_seconds": 60}
    async with task_processes(TaskSettings(), processes=1, **limits) as processes:
        for name in NAMES:
            inline = await result_of(name, LONG)
            with computing_in(processes):
                assert await result_of(name, LONG) == inline, name
