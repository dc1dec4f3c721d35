"""Imports redis-py without the SDK of OpenTelemetry, which it would load for metrics of its own.

That takes 60 ms and 9 MB in each process. Import this module before all that import `redis`.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

_UNUSED = ("opentelemetry", "opentelemetry.sdk")


def _import_alone() -> None:
    """Import redis-py as if these packages were not installed, unless they are imported already."""
    modules: dict[str, Any] = sys.modules
    hidden = [name for name in _UNUSED if name not in modules]
    for name in hidden:
        modules[name] = None  # an import of it fails
    try:
        import_module("redis.asyncio")
    finally:
        for name in hidden:
            del modules[name]


_import_alone()
