"""Every task that departments can ask for, by its name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from tasks import (
    cite_check,
    classify,
    compare,
    disclosure_review,
    dispatch,
    extract,
    format_check,
    format_fix,
    parse,
    proofread,
    redact,
    summarize,
)
from tasks.task import Task

TASKS: Mapping[str, Task[Any, Any]] = MappingProxyType(
    {
        "summarize": summarize.TASK,
        "extract": extract.TASK,
        "classify": classify.TASK,
        "parse": parse.TASK,
        "format_check": format_check.TASK,
        "format_fix": format_fix.TASK,
        "redact": redact.TASK,
        "disclosure_review": disclosure_review.TASK,
        "compare": compare.TASK,
        "cite_check": cite_check.TASK,
        "proofread": proofread.TASK,
        "dispatch": dispatch.TASK,
    }
)
