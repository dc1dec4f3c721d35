"""Every task that departments can ask for, by its name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from tasks import cite_check, classify, compare, extract, proofread, summarize
from tasks.task import Task

TASKS: Mapping[str, Task[Any, Any]] = MappingProxyType(
    {
        "summarize": summarize.TASK,
        "extract": extract.TASK,
        "classify": classify.TASK,
        "compare": compare.TASK,
        "cite_check": cite_check.TASK,
        "proofread": proofread.TASK,
    }
)
