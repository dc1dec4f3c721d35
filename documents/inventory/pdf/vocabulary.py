"""Names of ISO 32000-2 that hold no text: keys, types, operators and values."""

from __future__ import annotations

from pathlib import Path

KNOWN_NAMES = frozenset(Path(__file__).with_name("names.txt").read_text("ascii").split())
"""Of a name on this list the inventory lists nothing. Other names may be text."""
