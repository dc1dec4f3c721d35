"""From findings to what is written in their places."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from documents.masking.replacement import Masking, applied
from tasks.redact.finder import Finder, Wanted
from tasks.redact.kinds import Found, Kind
from tasks.redact.masks import Mask, masked


@dataclass(frozen=True, slots=True)
class Change:
    """A `documents.masking.replacement.Replacement` for something that was found."""

    found: Found
    replacement: str

    @property
    def start(self) -> int:
        return self.found.start

    @property
    def end(self) -> int:
        return self.found.end

    @property
    def label(self) -> str:
        return self.found.kind.value


@dataclass(frozen=True, slots=True)
class Style:
    """How each kind is masked: as `kinds` says, else as `default`."""

    default: Mask = Mask.official
    kinds: Mapping[Kind, Mask] = field(default_factory=dict)

    def of(self, kind: Kind) -> Mask:
        return self.kinds.get(kind, self.default)


class Masker:
    """Masks what is wanted in any number of texts. It can be sent to another process as JSON."""

    def __init__(self, wanted: Wanted, style: Style) -> None:
        self.wanted = wanted
        self.style = style
        self._finder = Finder(wanted)

    def changes(self, text: str) -> list[Change]:
        """In order; nothing that is wanted stands in a replacement."""
        return [Change(one, self._replacement(text, one)) for one in self._finder.find(text)]

    def mask(self, text: str) -> str:
        return applied(text, self.changes(text))

    def rules_only(self) -> Masker:
        """One that knows no words."""
        return Masker(Wanted(self.wanted.kinds), self.style)

    def masking(self) -> Masking:
        """What to mask in a file; where names are masked, names of authors too."""
        return Masking(self.changes, self.rules_only().changes, Kind.name in self.wanted.kinds)

    def _replacement(self, text: str, found: Found) -> str:
        mask = self.style.of(found.kind)
        replacement = masked(text, found, mask)
        if mask is Mask.official and self._finder.find(replacement):
            # Such as a term within the part of an address that stays.
            return masked(text, found, Mask.stars)
        return replacement

    def as_json(self) -> dict[str, Any]:
        return {
            "kinds": sorted(self.wanted.kinds),
            "terms": list(self.wanted.terms),
            "said": {kind.value: list(words) for kind, words in self.wanted.said.items()},
            "default": self.style.default.value,
            "masks": {kind.value: mask.value for kind, mask in self.style.kinds.items()},
        }

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Masker:
        wanted = Wanted(
            frozenset(Kind(kind) for kind in given["kinds"]),
            given["terms"],
            {Kind(kind): words for kind, words in given["said"].items()},
        )
        masks = {Kind(kind): Mask(mask) for kind, mask in given["masks"].items()}
        return cls(wanted, Style(Mask(given["default"]), masks))
