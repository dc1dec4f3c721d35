"""On what terms a batch is to be done, whatever it is made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Terms:
    completion_window: str
    callback_url: str | None
    lane: str | None
    window: str | None
    deadline: datetime | None
    metadata: Mapping[str, str]

    def asked(self) -> dict[str, Any]:
        """As `Chancery.submit_batch` takes them."""
        return asdict(self) | {"metadata": dict(self.metadata) or None}
