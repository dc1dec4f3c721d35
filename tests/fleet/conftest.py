"""Tests of several machines: `make fleet-test`."""

from __future__ import annotations

from tests.chaos.conftest import say

__all__ = ["say"]
