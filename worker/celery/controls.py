"""What Flower's buttons do: revoking cancels the job, and what would strand work is refused.

Celery keeps a revoked id in the worker's memory and discards its message, also when the job's
message is sent again: the job would wait until the worker ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import structlog
from celery.worker.control import Panel

log = structlog.get_logger()

# They would make a worker hold or ignore messages, or change what `CHANCERY_` settings say.
REFUSED = (
    "add_consumer",
    "autoscale",
    "cancel_consumer",
    "disable_events",
    "enable_events",
    "pool_grow",
    "pool_restart",
    "pool_shrink",
    "rate_limit",
    "revoke_by_stamped_headers",
    "time_limit",
)
ADVICE = "Chancery does not support this. Use `chancery pause`, or the settings."


def install_controls(cancel: Callable[[str], None]) -> None:
    """Replace Celery's remote control commands in this process.

    `cancel` is called with the id of each job, batch or callback that is to be revoked. It returns
    at once, because Celery's consumer waits for it.
    """

    def revoke(_state: Any, task_id: str | Iterable[str], **_: Any) -> dict[str, str]:
        ids = [task_id] if isinstance(task_id, str) else list(task_id)
        for each in ids:
            log.info("control.revoke", id=each)
            cancel(each)
        return {"ok": f"cancelling {', '.join(ids)}"}

    def refuse(_state: Any, *_: Any, **__: Any) -> dict[str, str]:
        return {"error": ADVICE}

    Panel.data |= {"revoke": revoke, "terminate": revoke, **dict.fromkeys(REFUSED, refuse)}
