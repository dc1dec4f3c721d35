"""Describes unexpected errors for the log, without document text."""

from __future__ import annotations

import traceback
from pathlib import Path

_FRAMES = 4


def described(error: BaseException) -> dict[str, str]:
    """The error's class and its last stack frames. Its message may quote a document."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    where = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    return {"error": type(error).__name__, "where": " > ".join(where)}
