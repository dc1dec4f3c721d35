"""Replaces detections by masks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import chain
from typing import Any

from documents.masking.cover import Cover
from documents.masking.replacement import Find, Masking, applied
from tasks.redact.finder import Finder, Targets
from tasks.redact.kinds import Detection, Kind
from tasks.redact.masks import Mask, masked
from tasks.redact.views import readable

_MOST_REPLACEMENTS = 8_192


@dataclass(frozen=True, slots=True)
class Change:
    """A `documents.masking.replacement.Replacement` for a detection."""

    detection: Detection
    replacement: str
    value: str

    @property
    def start(self) -> int:
        return self.detection.start

    @property
    def end(self) -> int:
        return self.detection.end

    @property
    def label(self) -> str:
        return self.detection.kind.value


@dataclass(frozen=True, slots=True)
class Style:
    """The mask of each kind: from `kinds`, else `default`."""

    default: Mask = Mask.official
    kinds: Mapping[Kind, Mask] = field(default_factory=dict)

    def of(self, kind: Kind) -> Mask:
        return self.kinds.get(kind, self.default)


class Masker:
    """Masks the targets in texts."""

    def __init__(self, targets: Targets, style: Style) -> None:
        self.targets = targets
        self.style = style
        self._finder = Finder(targets)
        # Documents have many of the same replacements, such as those of addresses in one town.
        self._has_target = lru_cache(_MOST_REPLACEMENTS)(self._finds)

    def changes(self, text: str) -> list[Change]:
        """Returns the changes in order. No replacement contains a target."""
        return [
            Change(one, self._replacement(text, one), readable(text[one.start : one.end]))
            for one in self._finder.find(text)
        ]

    def mask(self, text: str) -> str:
        return applied(text, self.changes(text))

    def rules_only(self) -> Masker:
        """Returns a masker without terms and words."""
        return Masker(Targets(self.targets.kinds), self.style)

    def words(self) -> Iterable[str]:
        """Returns the terms and words of the targets."""
        return chain(self.targets.terms, *self.targets.words.values())

    def knowing(self, values: Mapping[str, Iterable[str]]) -> Masker:
        """Returns a masker with these texts, by kind, as further words."""
        words = {kind: list(known) for kind, known in self.targets.words.items()}
        for label, texts in values.items():
            if label != Kind.term:
                words.setdefault(Kind(label), []).extend(sorted(texts))
        unique = {kind: list(dict.fromkeys(known)) for kind, known in words.items()}
        return Masker(replace(self.targets, words=unique), self.style)

    def masking(self, cover: frozenset[Cover] = frozenset()) -> Masking:
        """Returns the rules for masking a file; with names, author names are masked too."""
        return Masking(
            self.changes,
            self.rules_only().changes,
            find_values,
            authors=Kind.name in self.targets.kinds,
            cover=cover,
        )

    def _replacement(self, text: str, detection: Detection) -> str:
        mask = self.style.of(detection.kind)
        replacement = masked(text, detection, mask)
        if mask is Mask.official and replacement.strip("*") and self._has_target(replacement):
            # For example a term within the unmasked part of an address.
            return masked(text, detection, Mask.stars)
        return replacement

    def _finds(self, text: str) -> bool:
        return bool(self._finder.find(text))

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Masker:
        targets = Targets(
            frozenset(Kind(kind) for kind in data["kinds"]),
            data["terms"],
            {Kind(kind): words for kind, words in data["words"].items()},
        )
        masks = {Kind(kind): Mask(mask) for kind, mask in data["masks"].items()}
        return cls(targets, Style(Mask(data["default"]), masks))


def masker_json(targets: Targets, style: Style) -> dict[str, Any]:
    """Returns what `Masker.from_json` takes."""
    return {
        "kinds": sorted(targets.kinds),
        "terms": list(targets.terms),
        "words": {kind.value: list(words) for kind, words in targets.words.items()},
        "default": style.default.value,
        "masks": {kind.value: mask.value for kind, mask in style.kinds.items()},
    }


def find_values(values: Iterable[str]) -> Find:
    """Returns a function that finds these texts, regardless of how they are written."""
    return Masker(Targets(frozenset(), list(values)), Style(Mask.stars)).changes


def mask_text(text: str, targets: Targets, style: Style) -> str:
    return Masker(targets, style).mask(text)
