"""What may be said in logs of an error that nothing was prepared for."""

from __future__ import annotations

import traceback
from pathlib import Path

_FRAMES = 4


def described(error: BaseException) -> dict[str, str]:
    """Its kind and where it arose. Its message may quote a document, and is left out."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    where = [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
    return {"error": type(error).__name__, "where": " > ".join(where)}
