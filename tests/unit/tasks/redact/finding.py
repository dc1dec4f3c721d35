"""What the rules find in a text, and the text as it is masked."""

from __future__ import annotations

from tasks.redact.finder import RULES, Finder, Targets
from tasks.redact.kinds import Kind
from tasks.redact.masker import Masker, Style
from tasks.redact.masks import Mask

EVERYTHING = frozenset(RULES)
FINDER = Finder(Targets(EVERYTHING))


def found(text: str) -> list[tuple[Kind, str]]:
    return [(one.kind, text[one.start : one.end]) for one in FINDER.find(text)]


def masked(text: str, mask: Mask = Mask.official, terms: tuple[str, ...] = ()) -> str:
    return Masker(Targets(EVERYTHING, terms), Style(mask)).mask(text)
