"""For every suite: examples of hypothesis have no deadline, since the machines are noisy."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("chancery", deadline=None)
settings.load_profile("chancery")
