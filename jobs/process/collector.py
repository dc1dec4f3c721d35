"""Python's garbage collector in a process that runs for months."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# A collection looks at all that was created since the last one. Python's 700 objects are those of a
# few jobs, most of which still run: a tenth of the processor time of a line was spent on them.
GC_OBJECTS = 10_000


@contextmanager
def collecting_later() -> Iterator[None]:
    """Within the block a process imports and creates what it keeps until its end.

    Nothing is collected in the block, where collections take a tenth to a fifth of the time, and
    what exists at its end is never looked at again: that blocked all threads for 0.1 s each time.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.set_threshold(GC_OBJECTS)
        gc.enable()
