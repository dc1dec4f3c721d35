"""Which queues Flower lists."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from flower.views import BaseHandler  # type: ignore[import-untyped]

from worker.celery.app import app
from worker.celery.flower_queues import list_all_queues


@pytest.mark.parametrize("answered", [[], ["bulk"], ["bulk", "other"]])
def test_all_queues_are_listed_whichever_processes_have_answered(
    monkeypatch: pytest.MonkeyPatch, answered: list[str]
) -> None:
    of_flower = BaseHandler.get_active_queue_names
    monkeypatch.setattr(BaseHandler, "get_active_queue_names", of_flower)  # until the end
    list_all_queues()
    worker = {"active_queues": [{"name": name} for name in answered]}
    handler = SimpleNamespace(application=SimpleNamespace(workers={"worker": worker}), capp=app)
    listed = BaseHandler.get_active_queue_names(handler)
    assert listed == sorted({"interactive", "bulk", "callbacks", *answered})
