"""Signals with which the kernel ends a process for what the process itself does."""

from __future__ import annotations

import signal

OWN_SIGNALS = frozenset(
    (
        *(signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGFPE, signal.SIGILL),
        *(signal.SIGSYS, signal.SIGTRAP, signal.SIGXCPU, signal.SIGXFSZ),
    )
)
"""A process that ended with any other signal was killed from outside."""
